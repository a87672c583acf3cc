/** Which settings of a new file cannot be applied while the processes live. */
import { formatDuration, formatSize } from './quantities.js';
import type { ProcessSettings } from './process-settings.js';

/** One sentence part per setting, such as `listen.port: 8080 in force, 9090 in the file`. Empty: nothing needs a restart. */
export function processChanges(inForce: ProcessSettings, inFile: ProcessSettings): readonly string[] {
  const before = written(inForce);
  return Object.entries(written(inFile))
    .filter(([key, value]) => before[key] !== value)
    .map(([key, value]) => `${key}: ${before[key]} in force, ${value} in the file`);
}

/** The settings by their names in the file, as people write them. */
function written(settings: ProcessSettings): Readonly<Record<string, string>> {
  const { listen, admin, log, journal } = settings;
  return {
    'listen.host': listen.host,
    'listen.port': String(listen.port),
    'listen.tls.enabled': String(listen.tls !== null),
    'listen.tls.cert_file': listen.tls?.certFile ?? 'none',
    'listen.tls.key_file': listen.tls?.keyFile ?? 'none',
    'listen.h2': String(listen.h2),
    'admin.host': admin.host,
    'admin.port': String(admin.port),
    'admin.token_file': admin.tokenFile ?? 'none',
    workers: String(settings.workers),
    engine: settings.engine,
    accept: settings.accept,
    data_dir: settings.dataDir,
    'log.level': log.level,
    'log.format': log.format,
    'journal.retention': formatDuration(journal.retentionMs),
    'journal.max_size': formatSize(journal.maxBytes),
    'journal.keep_events': String(journal.keepEvents),
  };
}
