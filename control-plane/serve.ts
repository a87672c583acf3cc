/**
 * `tidegate serve`, `control` and `worker`: the control plane in this process, forwarding in its workers. This is the
 * composition root: it opens all parts, and `start-host.ts` starts them. If something prevents the start, standard error
 * says so in one sentence.
 */
import { hostname } from 'node:os';
import process from 'node:process';
import { createLogger } from '#shared/platform/logger.js';
import { randomSeed, steadyClock, systemTimers } from '#shared/platform/system-clock.js';
import type { RedisResult, RedisRole } from '#shared/metric-labels.js';
import type { Logger } from '#shared/ports.js';
import { defaultsOf } from '#shared/settings/complete.js';
import { timeouts } from '#shared/settings/forwarding.js';
import { AdminError, readAdminToken } from './config/admin-token.js';
import { loadForStart } from './config/file-checks.js';
import { explainProblem } from './config/format-problem.js';
import type { Overrides } from './config/load-config.js';
import type { Config } from './config/parse-config.js';
import type { ProcessSettings } from './config/process-settings.js';
import { type Role, takesTraffic } from '#shared/role.js';
import { upcast } from './domain/upcast.js';
import { EventLogError } from './event-log/event-log.js';
import { openSqliteStorage } from './event-log/sqlite-storage.js';
import type { Ending } from './forward.js';
import { HistoryReader } from './hindsight/reader.js';
import { type OpenedFleet, openFleet } from './open-fleet.js';
import { openSessions, refuseUnfitSessions } from './open-sessions.js';
import { readShared } from './open-shared.js';
import { mainPort, openPrimary } from './open-primary.js';
import { CertificateReloader } from './runtime/certificate-reloader.js';
import { warnOfFewOpenFiles } from './runtime/open-file-check.js';
import { answerSignals } from './runtime/process-signals.js';
import { type HostDeps, type Running, startHost } from './start-host.js';
import { StartFailure } from './start-failure.js';
import type { SystemPorts } from './runtime/system-ports.js';
import { findOrphans } from './workers/orphans.js';
import { Takeover } from './workers/takeover.js';

const EXIT_OK = 0;
const EXIT_FAILED = 1;
/** Only a changed file helps; a supervisor need not start the process again. */
const EXIT_INVALID = 2;
const KEEP_ALIVE_MS = 3_600_000;

interface ServeOptions {
  readonly role: Role;
  readonly configFile: string;
  /** Absolute path that overrides the file's setting. */
  readonly dataDir?: string;
}

/** Runs until it has to end. Returns the exit code. */
export async function runServe({ role, configFile, ...overrides }: ServeOptions): Promise<number> {
  const loaded = await loadForStart(configFile, process.env, Date.now(), overrides, role);
  if (!loaded.ok) {
    for (const problem of loaded.problems) process.stderr.write(`${explainProblem(problem, loaded.text)}\n`);
    return EXIT_INVALID;
  }
  try {
    return await serve({ role, configFile, overrides, config: loaded.config });
  } catch (error) {
    if (!(error instanceof StartFailure || error instanceof AdminError || error instanceof EventLogError)) {
      throw error;
    }
    process.stderr.write(`tidegate: ${error.message}\n`);
    return error instanceof StartFailure && error.needsChange ? EXIT_INVALID : EXIT_FAILED;
  }
}

interface Given {
  readonly role: Role;
  readonly configFile: string;
  readonly overrides: Overrides;
  readonly config: Config;
}

async function serve(given: Given): Promise<number> {
  const { role, config } = given;
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
    if (takesTraffic(role) && config.document !== null) {
      warnOfFewOpenFiles(config.document.forwarding.limits.connectionsPerWorker, logger);
    }
    const token = await adminToken(settings, logger);
    const files = await readShared(settings, logger);
    await refuseUnfitSessions(files, system);
    fleet = await openFleet({ role, settings, shared: files, system, onResult: countIn(running) });
    const shared = fleet === null ? files : { ...files, secret: fleet.secret };
    const certificates = await CertificateReloader.load(settings.listen.tls, shared.secret, system);
    const log = await openSqliteStorage(settings.dataDir, upcast);
    const reader = new HistoryReader({ dataDir: settings.dataDir, timers: system.timers });
    const stopFor = (reason: string): void => resolve({ reason, code: EXIT_FAILED });
    const deps: HostDeps = {
      ...given,
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

/** Counts calls to Redis. Calls before the primary exists are not counted. */
function countIn(running: Running): (result: RedisResult, role: RedisRole) => void {
  return (result, role) => running.primary?.counters.redisCalled(role, result);
}

/** Starts everything, waits, and stops what was started, even if the start failed half-way. */
async function run(deps: HostDeps, running: Running): Promise<number> {
  const { role, config, system, log, reader, ending } = deps;
  const { logger } = system;
  let end: Ending = { reason: 'the start failed', code: EXIT_FAILED };
  try {
    const takeover = takesTraffic(role) ? await beginTakeover(deps) : null;
    // The socket must be closed before the workers close theirs. Otherwise new connections would wait in its queue instead
    // of being refused.
    running.stopping = () => takeover?.closeSocket();
    const sessions = await openSessions(deps.shared.sessions, system, countIn(running));
    running.stops.push(() => sessions.close());
    const primary = await openPrimary({ ...deps, redisSessions: sessions.redis }, takeover);
    running.primary = primary;
    await startHost(deps, primary, takeover, running);
    end = await ending;
  } finally {
    logger.info({ reason: end.reason }, 'stopping');
    running.stopping();
    const inForce = running.primary?.world().state.forwarding;
    await running.primary?.stop(end.reason, inForce?.timeouts.shutdownMs ?? shutdownMs(config));
    for (const stop of running.stops) await stop();
    await reader.close();
    await log.close();
    logger.info({}, 'stopped');
  }
  return end.code;
}

function beginTakeover({ config, system }: HostDeps): Promise<Takeover> {
  const { dataDir } = config.process;
  return Takeover.begin({
    main: mainPort(config),
    dataDir,
    orphans: findOrphans(dataDir),
    shutdownMs: shutdownMs(config),
    logger: system.logger,
    timers: system.timers,
  });
}

function shutdownMs({ document }: Config): number {
  return (document?.forwarding.timeouts ?? defaultsOf(timeouts)).shutdownMs;
}
