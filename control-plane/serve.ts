/**
 * `tidegate serve`: control plane and supervisor in this process, forwarding in its workers. This is the composition root,
 * the only place that knows all parts. If something prevents the start, standard error says so in one sentence.
 */
import { availableParallelism, hostname } from 'node:os';
import process from 'node:process';
import { createLogger } from '#shared/platform/logger.js';
import { randomSeed, steadyClock, systemTimers } from '#shared/platform/system-clock.js';
import type { AdminConnectionEnd, RedisResult, RedisRole } from '#shared/metric-labels.js';
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
import { FLEET_TIMES } from './fleet/fleet-times.js';
import { type Ending, forward } from './forward.js';
import { HistoryReader } from './hindsight/reader.js';
import { type OpenedFleet, openFleet } from './open-fleet.js';
import { openSessions, refuseUnfitSessions } from './open-sessions.js';
import { readShared } from './open-shared.js';
import { joinFleet } from './join-fleet.js';
import { type PrimaryDeps, mainPort, openPrimary } from './open-primary.js';
import { CertificateReloader } from './runtime/certificate-reloader.js';
import { exposedFiles } from './runtime/exposed-files.js';
import { otherFile } from './runtime/other-file.js';
import { ConfigReloader } from './runtime/config-reloader.js';
import { warnOfFewOpenFiles } from './runtime/open-file-check.js';
import type { Primary } from './runtime/primary.js';
import { answerSignals } from './runtime/process-signals.js';
import { startRetention } from './runtime/retention.js';
import { StartFailure } from './start-failure.js';
import type { SystemPorts } from './runtime/system-ports.js';
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

interface ServeOptions {
  readonly configFile: string;
  /** Absolute path that overrides the file's setting. */
  readonly dataDir?: string;
}

/** Runs until it has to end. Returns the exit code. */
export async function runServe({ configFile, ...overrides }: ServeOptions): Promise<number> {
  const loaded = await loadForStart(configFile, process.env, Date.now(), overrides);
  if (!loaded.ok) {
    for (const problem of loaded.problems) process.stderr.write(`${explainProblem(problem, loaded.text)}\n`);
    return EXIT_INVALID;
  }
  try {
    return await serve(configFile, overrides, loaded.config);
  } catch (error) {
    if (!(error instanceof StartFailure || error instanceof AdminError || error instanceof EventLogError)) {
      throw error;
    }
    process.stderr.write(`tidegate: ${error.message}\n`);
    return EXIT_FAILED;
  }
}

async function serve(configFile: string, overrides: Overrides, config: Config): Promise<number> {
  const settings = config.process;
  const logger = createLogger(settings.log);
  const system: SystemPorts = {
    host: settings.cluster.host ?? hostname(),
    clock: steadyClock(),
    timers: systemTimers,
    random: Math.random,
    seed: randomSeed,
    logger,
  };
  const { promise: ending, resolve } = Promise.withResolvers<Ending>();
  const running: Running = { primary: null, reload: () => undefined, stopping: () => undefined, stops: [] };
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
  // Timers do not keep a process alive, because tests and libraries also use them. This interval keeps it alive until the
  // end.
  const alive = setInterval(() => undefined, KEEP_ALIVE_MS);
  let fleet: OpenedFleet | null = null;
  try {
    warnOfFewOpenFiles(config.document.forwarding.limits.connectionsPerWorker, logger);
    const token = await adminToken(settings, logger);
    const files = await readShared(settings, logger);
    await refuseUnfitSessions(files, system);
    fleet = await openFleet(settings, files, system, countIn(running));
    const shared = fleet === null ? files : { ...files, secret: fleet.secret };
    const certificates = await CertificateReloader.load(settings.listen.tls, shared.secret, system);
    const log = await openSqliteStorage(settings.dataDir, upcast);
    const reader = new HistoryReader({ dataDir: settings.dataDir, timers: system.timers });
    const stopFor = (reason: string): void => resolve({ reason, code: EXIT_FAILED });
    const deps: ServeDeps = {
      configFile,
      overrides,
      config,
      system,
      token,
      shared,
      membership: fleet?.membership ?? null,
      certificates,
      log,
      reader,
      ending,
      stopFor,
    };
    return await run(deps, running);
  } finally {
    ignoreSignals();
    clearInterval(alive);
    fleet?.close();
  }
}

async function adminToken({ admin }: ProcessSettings, logger: Logger): Promise<string | null> {
  if (admin.tokenFile === null) return null;
  const { token, warning } = await readAdminToken(admin.tokenFile);
  if (warning !== null) logger.warn({}, warning);
  return token;
}

interface ServeDeps extends Omit<PrimaryDeps, 'redisSessions'> {
  readonly overrides: Overrides;
  readonly token: string | null;
  readonly ending: Promise<Ending>;
}

/** What was started so far, and how to stop it. */
interface Running {
  primary: Primary | null;
  reload: () => void;
  stopping: () => void;
  /** Called in order. */
  readonly stops: (() => void | Promise<void>)[];
}

/** Counts calls to Redis. Calls before the primary exists are not counted. */
function countIn(running: Running): (result: RedisResult, role: RedisRole) => void {
  return (result, role) => running.primary?.counters.redisCalled(role, result);
}

/** Starts everything, waits, and stops what was started, even if the start failed half-way. */
async function run(deps: ServeDeps, running: Running): Promise<number> {
  const { config, system, log, reader, ending } = deps;
  const { logger } = system;
  let end: Ending = { reason: 'the start failed', code: EXIT_FAILED };
  try {
    const takeover = await beginTakeover(deps);
    // The socket must be closed before the workers close theirs. Otherwise new connections would wait in its queue instead
    // of being refused.
    running.stopping = () => takeover.closeSocket();
    const sessions = await openSessions(deps.shared.sessions, system, countIn(running));
    running.stops.push(() => sessions.close());
    const primary = await openPrimary({ ...deps, redisSessions: sessions.redis }, takeover);
    running.primary = primary;
    await start(deps, primary, takeover, running);
    end = await ending;
  } finally {
    logger.info({ reason: end.reason }, 'stopping');
    running.stopping();
    await running.primary?.stop(end.reason, config.document.forwarding.timeouts.shutdownMs);
    for (const stop of running.stops) await stop();
    await reader.close();
    await log.close();
    logger.info({}, 'stopped');
  }
  return end.code;
}

async function start(deps: ServeDeps, primary: Primary, takeover: Takeover, running: Running): Promise<void> {
  const { configFile, overrides, config, system, certificates, log, ending } = deps;
  const { logger } = system;
  const settings = config.process;
  const reloader = new ConfigReloader({
    file: configFile,
    env: process.env,
    overrides,
    parse: parseAside(),
    inForce: settings,
    submit: (draft) => primary.submit(draft),
    state: () => primary.world().state,
    decideHere: primary.node === null ? null : (draft) => primary.decideHere(draft),
    loaded: (successful) => primary.counters.configLoaded(system.clock.now(), successful),
    timers: system.timers,
    logger,
  });
  primary.configSource = reloader;
  running.stops.push(() => reloader.close());
  await primary.submit({
    type: 'StartPrimary',
    version: TIDEGATE_VERSION,
    pid: process.pid,
    alone: primary.node === null,
    actor: { kind: 'primary' },
  });
  for (const warning of await exposedFiles(settings)) logger.warn({}, warning);
  if (primary.node === null) warnOfOtherFile(deps, primary);
  else await joinFleet(primary.node, { ...system, times: FLEET_TIMES });
  const first = await reloader.reloadSurely({ kind: 'file', name: configFile });
  if (first.kind === 'invalid' && primary.world().state.applied === null) {
    throw new StartFailure(`${configFile} became invalid while it was read`);
  }
  running.stops.push(() => certificates.close());
  await certificates.attach(primary);
  primary.certificateSource = certificates;
  const admin = await openAdmin(deps, primary);
  running.stops.push(() => admin.close());
  const retention = startRetention(log, settings.journal, system);
  running.stops.push(() => retention.cancel());
  // Steps that cannot be undone come last. Until here, the workers of a dead primary go on forwarding.
  const port = await forward({ primary, takeover, ending, timers: system.timers });
  if (port === null) return;
  const watcher = watchFiles({
    files: [configFile],
    known: [reloader.known],
    onChange: () => reloader.reloadUnasked({ kind: 'file', name: configFile }),
  });
  running.stops.push(() => watcher.close());
  running.reload = () => {
    reloader.reloadUnasked({ kind: 'file', name: 'SIGHUP' }, () =>
      logger.info({}, 'SIGHUP: the configuration has not changed'),
    );
    void certificates.reload();
  };
  announce(logger, config, port, admin);
}

function warnOfOtherFile({ configFile, config, system }: ServeDeps, primary: Primary): void {
  const stranger = otherFile(primary.world().state.applied?.file ?? null, configFile);
  if (stranger === null) return;
  system.logger.warn({ dataDir: config.process.dataDir, lastFile: stranger }, OTHER_FILE);
}

function openAdmin({ config, system, token }: ServeDeps, control: Primary): Promise<AdminServer> {
  const { clock, timers, logger } = system;
  const { host, port } = config.process.admin;
  const connectionEnded = (why: AdminConnectionEnd): void => control.counters.adminConnectionEnded(why);
  return startAdminServer({ host, port, token, control, clock, timers, logger, connectionEnded });
}

function beginTakeover({ config, system }: ServeDeps): Promise<Takeover> {
  const { dataDir } = config.process;
  return Takeover.begin({
    main: mainPort(config),
    dataDir,
    orphans: findOrphans(dataDir),
    shutdownMs: config.document.forwarding.timeouts.shutdownMs,
    logger: system.logger,
    timers: system.timers,
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
