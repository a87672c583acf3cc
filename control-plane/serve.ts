/**
 * `tidegate serve`: control plane and supervisor in this process, forwarding in its workers. Composition root: the
 * only place that knows all parts. Whatever keeps it from starting is told in one sentence on standard error.
 */
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createLogger, isPretty } from '#shared/platform/logger.js';
import { randomSeed, steadyClock, systemTimers } from '#shared/platform/system-clock.js';
import type { Logger } from '#shared/ports.js';
import { type AdminServer, startAdminServer } from './admin/admin-server.js';
import { AdminError, readAdminToken } from './admin/admin-settings.js';
import { loadConfig } from './config/load-config.js';
import { type Config, formatProblem } from './config/parse-config.js';
import type { ProcessSettings } from './config/process-settings.js';
import { watchFiles } from './config/watch-files.js';
import { upcast } from './domain/upcast.js';
import { type EventLog, EventLogError } from './event-log/event-log.js';
import { openSqliteEventLog } from './event-log/sqlite-event-log.js';
import { CertificateKeeper } from './runtime/certificate-keeper.js';
import { ConfigKeeper } from './runtime/config-keeper.js';
import { Primary } from './runtime/primary.js';
import { startRetention } from './runtime/retention.js';
import { sessionSigningKeys } from './runtime/secrets.js';
import { StartFailure } from './runtime/start-failure.js';
import type { Surroundings } from './runtime/surroundings.js';
import { TIDEGATE_VERSION } from './version.js';
import { chooseAccept, kernelMigratesConnections } from './workers/accept-mode.js';
import { forgetWorkers, recordWorkers, retireOrphans } from './workers/orphans.js';
import { listenProblem, tryPort, untilPortFree } from './workers/port-probe.js';

/** Exit codes of `tidegate serve`. */
const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_INVALID = 2;
/** How long the workers of a dead primary may hold the port before the start is given up. */
const TAKEOVER_LIMIT_MS = 10_000;

export interface ServeOptions {
  readonly configFile: string;
}

/** Runs until it is told to stop. Answers the exit code. */
export async function runServe({ configFile }: ServeOptions): Promise<number> {
  const loaded = await loadConfig(configFile, process.env);
  if (!loaded.ok) {
    for (const problem of loaded.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    return EXIT_INVALID;
  }
  for (const warning of loaded.warnings) process.stderr.write(`warning: ${formatProblem(warning)}\n`);
  try {
    return await serve(configFile, loaded.config);
  } catch (error) {
    if (!(error instanceof StartFailure || error instanceof AdminError || error instanceof EventLogError))
      throw error;
    process.stderr.write(`tidegate: ${error.message}\n`);
    return EXIT_FAILED;
  }
}

async function serve(configFile: string, config: Config): Promise<number> {
  const settings = config.process;
  const logger = createLogger(settings.log);
  const around: Surroundings = {
    clock: steadyClock(),
    timers: systemTimers,
    random: Math.random,
    seed: randomSeed,
    logger,
  };
  const token = await adminToken(settings, logger);
  const certificates = await CertificateKeeper.load(settings.listen.tls, around);
  const log = await openSqliteEventLog(settings.dataDir, upcast);
  const ending = Promise.withResolvers<{ readonly reason: string; readonly code: number }>();
  const stopFor = (reason: string, code: number): void => ending.resolve({ reason, code });
  try {
    return await run({
      configFile,
      config,
      around,
      token,
      certificates,
      log,
      ending: ending.promise,
      stopFor,
    });
  } catch (error) {
    await log.close();
    throw error;
  }
}

async function adminToken({ admin }: ProcessSettings, logger: Logger): Promise<string | null> {
  if (admin.tokenFile === null) return null;
  const { token, warning } = await readAdminToken(admin.tokenFile);
  if (warning !== null) logger.warn({}, warning);
  return token;
}

interface Parts {
  readonly configFile: string;
  readonly config: Config;
  readonly around: Surroundings;
  readonly token: string | null;
  readonly certificates: CertificateKeeper;
  readonly log: EventLog;
  readonly ending: Promise<{ readonly reason: string; readonly code: number }>;
  readonly stopFor: (reason: string, code: number) => void;
}

async function run(parts: Parts): Promise<number> {
  const { configFile, config, around, token, certificates, log, ending, stopFor } = parts;
  const { logger } = around;
  const settings = config.process;
  const primary = await openPrimary(parts);
  const keeper = new ConfigKeeper({
    file: configFile,
    env: process.env,
    inForce: settings,
    submit: (draft) => primary.submit(draft),
    loaded: (successful) => primary.counters.configLoaded(around.clock.now(), successful),
    logger,
  });
  primary.configSource = keeper;
  await primary.submit({
    type: 'StartPrimary',
    version: TIDEGATE_VERSION,
    pid: process.pid,
    actor: { kind: 'primary' },
  });
  const first = await keeper.reload({ kind: 'file', name: configFile });
  if (first.kind === 'invalid' && primary.world().state.applied === null) {
    throw new StartFailure(`${configFile} became invalid while it was read`);
  }
  await certificates.attach(primary);
  const { clock, timers } = around;
  const { host, port: adminPort } = settings.admin;
  const admin = await startAdminServer({
    host,
    port: adminPort,
    token,
    control: primary,
    clock,
    timers,
    logger,
  });
  const retention = startRetention(log, settings.journal, around);
  const port = await Promise.race([primary.startWorkers(), ending.then(() => null)]);
  const watcher = watchFiles({
    files: [configFile],
    known: [keeper.known],
    onChange: () => void keeper.reload({ kind: 'file', name: configFile }),
  });
  const signals = listenToSignals(logger, stopFor, () => {
    void keeper.reload({ kind: 'file', name: 'SIGHUP' });
    void certificates.reload();
  });
  if (port !== null) announce(logger, config, port, admin);

  const { reason, code } = await ending;
  logger.info({ reason }, 'stopping');
  watcher.close();
  certificates.close();
  retention.cancel();
  await primary.stop(reason, config.document.forwarding.timeouts.shutdownMs);
  await admin.close();
  forgetWorkers(settings.dataDir);
  signals.close();
  logger.info({}, 'stopped');
  return code;
}

async function openPrimary(parts: Parts): Promise<Primary> {
  const { configFile, config, around, certificates, log, stopFor } = parts;
  const { listen, engine, workers, dataDir, accept: mode, log: logSettings } = config.process;
  const accept = chooseAccept(mode, listen.port, kernelMigratesConnections());
  await claimPort(config, accept === 'reuse-port', around);
  return Primary.open({
    version: TIDEGATE_VERSION,
    configFile,
    log,
    around,
    supervisor: {
      exec: fileURLToPath(new URL('../data-plane/main.js', import.meta.url)),
      count: workers,
      listener: {
        host: listen.host,
        port: listen.port,
        tls: listen.tls !== null,
        reusePort: accept === 'reuse-port',
      },
      schedulingPolicy: accept === 'round-robin' ? 'round-robin' : 'shared',
      engine,
      sessionKeys: sessionSigningKeys(dataDir),
      log: { level: logSettings.level, format: isPretty(logSettings) ? 'pretty' : 'json' },
      certificate: () => certificates.material,
    },
    fatal: (error) => {
      around.logger.fatal({ err: error }, 'the event log cannot be trusted any more');
      process.stderr.write(`tidegate: ${error.message}\n`);
      stopFor('event log failed', EXIT_FAILED);
    },
    onListenFailed: (code) => {
      process.stderr.write(`tidegate: ${listenProblem('listen', listen.host, listen.port, code)}\n`);
      stopFor('cannot listen', EXIT_FAILED);
    },
    onWorkersChanged: (pids) => recordWorkers(dataDir, pids, around.logger),
  });
}

/** Makes sure that the main port can be had, from the workers of a dead primary if need be. */
async function claimPort(config: Config, reusePort: boolean, around: Surroundings): Promise<void> {
  const { listen, dataDir } = config.process;
  const { host, port } = listen;
  const orphans = retireOrphans(dataDir, around.logger);
  const code =
    orphans > 0
      ? await untilPortFree({ host, port, reusePort }, TAKEOVER_LIMIT_MS, around.timers)
      : await tryPort(host, port, reusePort);
  if (code !== null) throw new StartFailure(listenProblem('listen', host, port, code));
}

function announce(logger: Logger, config: Config, port: number, admin: AdminServer): void {
  const { listen, workers, engine } = config.process;
  const scheme = listen.tls === null ? 'http' : 'https';
  logger.info(
    { port, adminPort: admin.address.port, workers, engine, cores: availableParallelism(), scheme },
    'forwarding',
  );
}

/** A first signal stops in order, a second one at once. SIGHUP reloads. */
function listenToSignals(
  logger: Logger,
  stopFor: (reason: string, code: number) => void,
  reload: () => void,
): { close(): void } {
  let asked = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(EXIT_FAILED);
    asked = true;
    stopFor(signal, EXIT_OK);
  };
  const hangUp = (): void => {
    logger.info({}, 'SIGHUP: reloading configuration and certificates');
    reload();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', hangUp);
  return {
    close: () => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
      process.off('SIGHUP', hangUp);
    },
  };
}
