/** Settings of the processes themselves. Changing one needs a restart. */
import { duration, integer, size } from '#shared/settings/amounts.js';
import { choice, path, toggle } from '#shared/settings/kind.js';
import { bindAddress } from '#shared/settings/names.js';
import { clusterSection, redisSection } from './redis-settings.js';
import {
  derived,
  group,
  optionalGroup,
  orNull,
  section,
  setting,
  switched,
  type SettingsOf,
} from '#shared/settings/section.js';

/** Most workers that a file may ask for, and most that are started by default. */
export const MAX_WORKERS = 256;
/** A worker takes some 90 MB before its first request. Bytes. */
const MIN_WORKER_MEMORY = 134_217_728;
const MAX_WORKER_MEMORY = 1_099_511_627_776;
/** The engine if the file names none. */
const DEFAULT_ENGINE = 'native';

const port = integer(0, 65_535);

const tls = section(
  {
    certFile: derived('cert_file', path, {
      means: 'Certificate chain in PEM form, the server certificate first. Read anew when it changes.',
      defaultText: 'required with TLS',
    }),
    keyFile: derived('key_file', path, {
      means: 'Private key of the certificate in PEM form, without passphrase. Read anew when it changes.',
      defaultText: 'required with TLS',
    }),
  },
  // Never used, because `cross-checks.ts` refuses a file with TLS that lacks one of the two.
  { derive: { certFile: () => '', keyFile: () => '' } },
);
export type TlsFiles = SettingsOf<typeof tls>;

const listen = section({
  host: setting('host', bindAddress, '0.0.0.0', {
    means: 'Address that the main listener binds to. `::` takes IPv6 and IPv4 where the system has both.',
  }),
  port: setting('port', port, 8080, { means: 'Port of the main listener. 0: the system chooses.' }),
  tls: switched('tls', tls, {
    isOn: false,
    means: 'TLS on the main listener. Without it: plain HTTP.',
    enabledMeans: 'Whether the listener speaks TLS. Without a `tls` section it does not.',
  }),
  h2: setting('h2', toggle, true, {
    means:
      'Whether clients may choose HTTP/2 (ALPN) on the TLS listener. Without TLS there is no HTTP/2. Backends always get HTTP/1.1.',
  }),
});

const admin = section({
  host: setting('host', bindAddress, '127.0.0.1', {
    means: 'Address that the admin listener binds to. An address off loopback requires a token.',
  }),
  port: setting('port', port, 9900, { means: 'Port of the admin listener. 0: the system chooses.' }),
  tokenFile: orNull('token_file', path, {
    means: 'File with the token that API clients must send.',
    defaultText: 'none: only allowed on loopback',
  }),
});

/** In the file, these settings share the key `log` with those of the access log, which are applied while running. */
export const log = section({
  level: setting('level', choice(['debug', 'info', 'warn', 'error', 'fatal']), 'info', {
    means: 'Lowest severity that is written.',
  }),
  format: setting('format', choice(['auto', 'json', 'pretty']), 'auto', {
    means:
      'One JSON object per line, or text for people, for events as well as requests. `auto`: `pretty` on a terminal, else `json`.',
  }),
});

const journal = section({
  retentionMs: setting('retention', duration('0', '365d'), '7d', {
    means: 'How long observations are kept. 0: none are kept.',
  }),
  maxBytes: setting('max_size', size(1_048_576, 68_719_476_736), '256MiB', {
    means: 'Largest size. Beyond it, the oldest observations are dropped.',
  }),
  keepEvents: setting('keep_events', integer(1_000, 100_000_000), 100_000, {
    means:
      'Newest events of the event log that are always kept, for `why` and `events`. Older ones are removed when no kept observation needs them.',
  }),
});

/** In the order of the reference. */
export const processSection = section(
  {
    listen: group('listen', listen, 'The main listener, which takes traffic. Changing it needs a restart.'),
    workers: derived('workers', integer(1, MAX_WORKERS), {
      means: 'Processes that forward traffic.',
      defaultText: 'number of available cores',
    }),
    workerMemoryLimitBytes: orNull('worker_memory_limit', size(MIN_WORKER_MEMORY, MAX_WORKER_MEMORY), {
      means:
        'Resident memory of a worker above which another takes its place: one at a time, at least a minute apart. Its requests are finished.',
      defaultText: 'none: memory replaces no worker',
    }),
    engine: setting('engine', choice(['native', 'compat']), DEFAULT_ENGINE, {
      means: 'What forwards HTTP/1.1: Tidegate’s own engine, or http-proxy-3.',
    }),
    accept: setting('accept', choice(['auto', 'reuse-port', 'shared', 'round-robin']), 'auto', {
      means:
        'How workers share the port: one socket each (`reuse-port`), one socket for all (`shared`), or connections handed out by ' +
        'the primary (`round-robin`: no new connections while the primary is dead, none lost before and after). `auto`: ' +
        '`reuse-port` if the kernel loses no connection with it (`net.ipv4.tcp_migrate_req` is 1), else `shared`.',
    }),
    dataDir: setting('data_dir', path, './data', {
      means: 'Directory of the event log, its journal and the key that signs session cookies.',
    }),
    admin: group('admin', admin, 'The admin listener: API, readiness, metrics. Changing it needs a restart.'),
    log: group('log', log, 'What is written to standard output.'),
    journal: group(
      'journal',
      journal,
      'The observation journal: results of checks and outcomes of requests, from which each decision was made. The state does not depend on it.',
    ),
    redis: optionalGroup(
      'redis',
      redisSection,
      'The Redis that hosts share: the keys of one Redis, or `control` and `sessions` with the keys of one each. Changing it needs a restart.',
    ),
    cluster: group(
      'cluster',
      clusterSection,
      'The cluster that this host belongs to. Changing it needs a restart.',
    ),
  },
  { derive: { workers: (_settings, { cores }) => cores } },
);
/** Settings of the processes. Files and directories are absolute paths. */
export type ProcessSettings = SettingsOf<typeof processSection>;
export type AcceptMode = ProcessSettings['accept'];
