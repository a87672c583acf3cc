/**
 * Starts the parts of a host that `serve.ts` has opened, in the order that they need: the log, the fleet, the configuration,
 * the admin API, and last the workers.
 */
import { availableParallelism } from 'node:os';
import process from 'node:process';
import type { AdminConnectionEnd } from '#shared/metric-labels.js';
import { type AdminServer, startAdminServer } from './admin/admin-server.js';
import type { Overrides } from './config/load-config.js';
import { parseAside } from './config/parse-aside.js';
import type { Role } from '#shared/role.js';
import { watchFiles } from './config/watch-files.js';
import { rememberFleet } from './fleet-name.js';
import { FLEET_TIMES } from './fleet/fleet-times.js';
import { type Ending, forward } from './forward.js';
import { joinFleet } from './join-fleet.js';
import type { PrimaryDeps } from './open-primary.js';
import { ConfigReloader } from './runtime/config-reloader.js';
import { exposedFiles } from './runtime/exposed-files.js';
import { otherFile } from './runtime/other-file.js';
import type { Primary } from './runtime/primary.js';
import { startRetention } from './runtime/retention.js';
import { StartFailure } from './start-failure.js';
import { TIDEGATE_VERSION } from './version.js';
import type { Takeover } from './workers/takeover.js';

const OTHER_FILE =
  'data_dir was last used with another file: the history and the run-time changes of its pools go on here. Two files need two data_dirs';

export interface HostDeps extends Omit<PrimaryDeps, 'redisSessions'> {
  readonly role: Role;
  readonly overrides: Overrides;
  readonly token: string | null;
  readonly ending: Promise<Ending>;
}

/** What was started so far, and how to stop it. */
export interface Running {
  primary: Primary | null;
  reload: () => void;
  stopping: () => void;
  /** Called in order. */
  readonly stops: (() => void | Promise<void>)[];
}

/** @param takeover `null`: this host takes no traffic */
export async function startHost(
  deps: HostDeps,
  primary: Primary,
  takeover: Takeover | null,
  running: Running,
): Promise<void> {
  const { configFile, overrides, config, system, certificates, log, ending } = deps;
  const { logger } = system;
  const settings = config.process;
  const reloader = new ConfigReloader({
    file: configFile,
    env: process.env,
    overrides,
    parse: parseAside(deps.role),
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
  else {
    running.stops.push(rememberItsFleet(deps, primary));
    if (!(await joinFleet(primary.node, { ...system, ending, times: FLEET_TIMES }))) return;
  }
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
  if (deps.role === 'worker' && !(await untilConfigured(deps, primary))) return;
  if (takeover === null) announceControl(deps, admin);
  else {
    const port = await forward({ primary, takeover, ending, timers: system.timers });
    if (port === null) return;
    announce(deps, port, admin);
  }
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
}

function warnOfOtherFile({ configFile, config, system }: HostDeps, primary: Primary): void {
  const stranger = otherFile(primary.world().state.applied?.file ?? null, configFile);
  if (stranger === null) return;
  system.logger.warn({ dataDir: config.process.dataDir, lastFile: stranger }, OTHER_FILE);
}

function openAdmin({ config, system, token }: HostDeps, control: Primary): Promise<AdminServer> {
  const { clock, timers, logger } = system;
  const { host, port } = config.process.admin;
  const connectionEnded = (why: AdminConnectionEnd): void => control.counters.adminConnectionEnded(why);
  return startAdminServer({ host, port, token, control, clock, timers, logger, connectionEnded });
}

/** Remembers which fleet the history is of, as soon as it is that of a fleet. Answers what ends the waiting. */
function rememberItsFleet({ config, system }: HostDeps, primary: Primary): () => void {
  const { dataDir, cluster } = config.process;
  let isDone = false;
  const look = (): void => {
    if (isDone || primary.world().state.fleet === null || cluster.name === null) return;
    isDone = true;
    void rememberFleet(dataDir, cluster.name, system.logger);
  };
  const unfollow = primary.follow(look);
  look();
  return unfollow;
}

/**
 * A worker has no configuration of its own: at its first start it waits until its fleet has given it one. False: it has to
 * end before.
 */
async function untilConfigured({ ending, system }: HostDeps, primary: Primary): Promise<boolean> {
  const hasOne = (): boolean => primary.world().state.applied !== null;
  if (hasOne()) return true;
  const message = 'this host has no configuration yet: it takes no traffic until its fleet gives it one';
  system.logger.warn({}, message);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const unfollow = primary.follow(() => {
    if (hasOne()) resolve(true);
  });
  return Promise.race([promise, ending.then(() => false)]).finally(unfollow);
}

function announce({ config, system }: HostDeps, port: number, admin: AdminServer): void {
  const { listen, workers, engine } = config.process;
  const scheme = listen.tls === null ? 'http' : 'https';
  system.logger.info(
    { port, adminPort: admin.address.port, workers, engine, cores: availableParallelism(), scheme },
    'forwarding',
  );
}

function announceControl({ system }: HostDeps, admin: AdminServer): void {
  system.logger.info({ adminPort: admin.address.port }, 'ready to lead the fleet; takes no traffic');
}
