/**
 * `tidegate serve`: control plane and supervisor in this process, forwarding in its workers. Composition root: the
 * only place that knows all parts. Whatever keeps it from starting is told in one sentence on standard error.
 */
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { createLogger } from '#shared/platform/logger.js';
import { randomSeed, steadyClock, systemTimers } from '#shared/platform/system-clock.js';
import type { AdminConnectionEnd } from '#shared/metric-labels.js';
import type { Logger } from '#shared/ports.js';
import { type AdminServer, startAdminServer } from './admin/admin-server.js';
import { AdminError, readAdminToken } from './config/admin-token.js';
import { loadForStart } from './config/file-checks.js';
import { explainProblem } from './config/format-problem.js';
import type { Overrides } from './config/load-config.js';
import { parseAside } from './config/parse-aside.js';
import type { Config } from './config/parse-config.js';
import type { ProcessSettings } from './config/process-settings.js';
import { watchFiles } from './config/watch-files.js';
import { upcast } from './domain/upcast.js';
import { EventLogError } from './event-log/event-log.js';
import { openSqliteStorage } from './event-log/sqlite-storage.js';
import { type Ending, forward } from './forward.js';
import { HistoryReader } from './hindsight/reader.js';
import { type PrimaryParts, mainPort, openPrimary } from './open-primary.js';
import { CertificateKeeper } from './runtime/certificate-keeper.js';
import { exposedFiles } from './runtime/exposed-files.js';
import { otherFile } from './runtime/other-file.js';
import { ConfigKeeper } from './runtime/config-keeper.js';
import { warnOfFewOpenFiles } from './runtime/open-file-check.js';
import type { Primary } from './runtime/primary.js';
import { answerSignals } from './runtime/process-signals.js';
import { startRetention } from './runtime/retention.js';
import { StartFailure } from './start-failure.js';
import type { Surroundings } from './runtime/surroundings.js';
import { TIDEGATE_VERSION } from './version.js';
import { findOrphans } from './workers/orphans.js';
import { Takeover } from './workers/takeover.js';

/** Exit codes of `tidegate serve`. */
const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_INVALID = 2;
const KEEP_ALIVE_MS = 3_600_000;
const OTHER_FILE =
  'data_dir was last used with another file: the history and the run-time changes of its pools go on here. Two files need two data_dirs';

export interface ServeOptions {
  readonly configFile: string;
  /** Absolute path, instead of what the file says. */
  readonly dataDir?: string;
}

/** Runs until it is told to stop. Answers the exit code. */
export async function runServe({ configFile, ...overrides }: ServeOptions): Promise<number> {
  const loaded = await loadForStart(configFile, process.env, Date.now(), overrides);
  if (!loaded.ok) {
    for (const problem of loaded.problems) process.stderr.write(`${explainProblem(problem, loaded.text)}\n`);
    return EXIT_INVALID;
  }
  try {
    return await serve(configFile, overrides, loaded.config);
  } catch (error) {
    if (!(error instanceof StartFailure || error instanceof AdminError || error instanceof EventLogError))
      throw error;
    process.stderr.write(`tidegate: ${error.message}\n`);
    return EXIT_FAILED;
  }
}

async function serve(configFile: string, overrides: Overrides, config: Config): Promise<number> {
  const settings = config.process;
  const logger = createLogger(settings.log);
  const around: Surroundings = {
    clock: steadyClock(),
    timers: systemTimers,
    random: Math.random,
    seed: randomSeed,
    logger,
  };
  const { promise: ending, resolve } = Promise.withResolvers<Ending>();
  const running: Running = { primary: null, reload: () => undefined, stopping: () => undefined, parts: [] };
  const ignoreSignals = answerSignals(
    {
      stop: (signal) => resolve({ reason: signal, code: EXIT_OK }),
      stopAtOnce: () => {
        running.primary?.killWorkers();
        process.exit(EXIT_FAILED);
      },
      reload: () => running.reload(),
    },
    logger,
  );
  // Timers do not keep a process alive, so that tests and libraries may have any. From here to the end, this one does.
  const alive = setInterval(() => undefined, KEEP_ALIVE_MS);
  try {
    warnOfFewOpenFiles(config.document.forwarding.limits.connectionsPerWorker, logger);
    const token = await adminToken(settings, logger);
    const certificates = await CertificateKeeper.load(settings.listen.tls, around);
    const log = await openSqliteStorage(settings.dataDir, upcast);
    const reader = new HistoryReader({ dataDir: settings.dataDir, timers: around.timers });
    const stopFor = (reason: string): void => resolve({ reason, code: EXIT_FAILED });
    const parts: Parts = {
      configFile,
      overrides,
      config,
      around,
      token,
      certificates,
      log,
      reader,
      ending,
      stopFor,
    };
    return await run(parts, running);
  } finally {
    ignoreSignals();
    clearInterval(alive);
  }
}

async function adminToken({ admin }: ProcessSettings, logger: Logger): Promise<string | null> {
  if (admin.tokenFile === null) return null;
  const { token, warning } = await readAdminToken(admin.tokenFile);
  if (warning !== null) logger.warn({}, warning);
  return token;
}

interface Parts extends PrimaryParts {
  readonly overrides: Overrides;
  readonly token: string | null;
  readonly ending: Promise<Ending>;
}

/** What has been started so far, for whoever has to end it. */
interface Running {
  primary: Primary | null;
  reload: () => void;
  stopping: () => void;
  /** Ended in order. */
  readonly parts: (() => void | Promise<void>)[];
}

/** Starts, waits, and ends what was started, however far the start came. */
async function run(parts: Parts, running: Running): Promise<number> {
  const { config, around, log, reader, ending } = parts;
  const { logger } = around;
  let end: Ending = { reason: 'the start failed', code: EXIT_FAILED };
  try {
    const takeover = await beginTakeover(parts);
    // Before the workers close it, so that connections are refused from then on, and do not wait for nobody.
    running.stopping = () => takeover.closeSocket();
    const primary = await openPrimary(parts, takeover);
    running.primary = primary;
    await start(parts, primary, takeover, running);
    end = await ending;
  } finally {
    logger.info({ reason: end.reason }, 'stopping');
    running.stopping();
    await running.primary?.stop(end.reason, config.document.forwarding.timeouts.shutdownMs);
    for (const part of running.parts) await part();
    await reader.close();
    await log.close();
    logger.info({}, 'stopped');
  }
  return end.code;
}

async function start(parts: Parts, primary: Primary, takeover: Takeover, running: Running): Promise<void> {
  const { configFile, overrides, config, around, certificates, log, ending } = parts;
  const { logger } = around;
  const settings = config.process;
  const keeper = new ConfigKeeper({
    file: configFile,
    env: process.env,
    overrides,
    parse: parseAside(),
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
  for (const warning of await exposedFiles(settings)) logger.warn({}, warning);
  const stranger = otherFile(primary.world().state.applied?.file ?? null, configFile);
  if (stranger !== null) {
    logger.warn({ dataDir: settings.dataDir, lastFile: stranger }, OTHER_FILE);
  }
  const first = await keeper.reload({ kind: 'file', name: configFile });
  if (first.kind === 'invalid' && primary.world().state.applied === null) {
    throw new StartFailure(`${configFile} became invalid while it was read`);
  }
  running.parts.push(() => certificates.close());
  await certificates.attach(primary);
  primary.certificateSource = certificates;
  const admin = await openAdmin(parts, primary);
  running.parts.push(() => admin.close());
  const retention = startRetention(log, settings.journal, around);
  running.parts.push(() => retention.cancel());
  // Last of all what cannot be taken back: until here the workers of a dead primary go on forwarding.
  const port = await forward({ primary, takeover, ending, timers: around.timers });
  if (port === null) return;
  const watcher = watchFiles({
    files: [configFile],
    known: [keeper.known],
    onChange: () => keeper.reloadUnasked({ kind: 'file', name: configFile }),
  });
  running.parts.push(() => watcher.close());
  running.reload = () => {
    keeper.reloadUnasked({ kind: 'file', name: 'SIGHUP' }, () =>
      logger.info({}, 'SIGHUP: the configuration has not changed'),
    );
    void certificates.reload();
  };
  announce(logger, config, port, admin);
}

function openAdmin({ config, around, token }: Parts, control: Primary): Promise<AdminServer> {
  const { clock, timers, logger } = around;
  const { host, port } = config.process.admin;
  const connectionEnded = (why: AdminConnectionEnd): void => control.counters.adminConnectionEnded(why);
  return startAdminServer({ host, port, token, control, clock, timers, logger, connectionEnded });
}

function beginTakeover({ config, around }: Parts): Promise<Takeover> {
  const { dataDir } = config.process;
  return Takeover.begin({
    main: mainPort(config),
    dataDir,
    orphans: findOrphans(dataDir),
    shutdownMs: config.document.forwarding.timeouts.shutdownMs,
    logger: around.logger,
    timers: around.timers,
  });
}

function announce(logger: Logger, config: Config, port: number, admin: AdminServer): void {
  const { listen, workers, engine } = config.process;
  const scheme = listen.tls === null ? 'http' : 'https';
  logger.info(
    { port, adminPort: admin.address.port, workers, engine, cores: availableParallelism(), scheme },
    'forwarding',
  );
}
