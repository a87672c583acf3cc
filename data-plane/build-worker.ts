/** Puts a worker together once its primary has sent `welcome`. `worker.ts` then runs what is built here. */
import type { LookupFunction } from 'node:net';
import type { Welcome } from '#shared/message.js';
import type { RedisResult } from '#shared/metric-labels.js';
import type { ConnectionOptions } from '#shared/platform/redis-connection.js';
import type { Clock, Logger, Random, Timers } from '#shared/ports.js';
import type { SessionStore } from '#shared/session.js';
import type { AccessLog } from './access-log.js';
import { bugReporter } from './bug-report.js';
import type { ControlLink } from './control/control-link.js';
import type { Forwarder, ForwarderDeps, MetricsPage } from './forwarder.js';
import { nameLookup } from './name-lookup.js';
import { Counters } from './reports/counters.js';
import { OutcomeBatch } from './reports/outcome-batch.js';
import { Reporter } from './reports/reporter.js';
import { RequestSeries } from './reports/request-series.js';
import type { RoutingTable } from './routing/routing-table.js';
import { IpcSessionStore } from './sessions/ipc-session-store.js';
import { RedisSessionStore, type SessionRedis } from './sessions/redis-session-store.js';
import { Shortage } from './shortage.js';
import { SessionCookies } from './sessions/session-cookies.js';

/** How long a scrape waits for the totals of the primary. */
const METRICS_TIMEOUT_MS = 5_000;

/** What a worker needs of its process and the system. */
export interface WorkerDeps {
  readonly link: ControlLink;
  readonly clock: Clock;
  readonly timers: Timers;
  monotonic(): number;
  readonly random: Random;
  readonly pid: number;
  /** Resolves a name, as the system does. */
  readonly lookup: LookupFunction;
  createLogger(settings: Welcome['log'], worker: number): Logger;
  createAccessLog(format: Welcome['log']['format'], dropped: () => void): AccessLog;
  createForwarder(engine: Welcome['engine'], forwarderDeps: ForwarderDeps): Forwarder;
  /** Tells of an exception that ends the process, by any means there is. */
  fatal(error: unknown): void;
  /** A connection that bindings of sessions are kept by. */
  connectRedis(options: ConnectionOptions): SessionRedis;
  /** Offers the socket that the worker inherited to a next primary; answers a function that withdraws the offer. */
  offerListener(directory: string, logger: Logger): () => void;
  /** Ends the process. */
  exit(code: number): void;
}

/** What exists from `welcome` on. */
export interface Built {
  readonly welcome: Welcome;
  readonly logger: Logger;
  readonly forwarderDeps: ForwarderDeps;
  readonly forwarder: Forwarder;
  readonly reporter: Reporter;
  /** Counts and tells an exception where none should be. */
  bug(error: unknown): void;
}

/** @param table the routing table in force, once there is one */
export function buildWorker(
  deps: WorkerDeps,
  welcome: Welcome,
  logger: Logger,
  table: () => RoutingTable | null,
): Built {
  const { link, clock, timers, random } = deps;
  const counters = new Counters();
  const series = new RequestSeries(counters);
  const outcomes = new OutcomeBatch();
  const monotonic = (): number => deps.monotonic();
  const { store, isGuarded } = sessionStore(deps, welcome, logger, series);
  const forwarderDeps: ForwarderDeps = {
    worker: welcome.worker,
    table: () => inForce(table()),
    sessions: store,
    cookies: new SessionCookies(welcome.sessionKeys),
    series,
    outcomes,
    accessLog: deps.createAccessLog(welcome.log.format, () => counters.add(series.accessLogDropped, 1)),
    clock,
    monotonic,
    random,
    timers,
    logger,
    lookup: nameLookup({ lookup: deps.lookup, outcomes, table, monotonic }),
    shortage: new Shortage(logger, monotonic),
    metricsPage: () => metricsPage(link),
  };
  const forwarder = deps.createForwarder(welcome.engine, forwarderDeps);
  const connections = (): number => forwarder.connections();
  const reporter = new Reporter({
    link,
    batch: outcomes,
    counters,
    clock,
    timers,
    table,
    connections,
    redisGuarded: isGuarded,
  });
  return { welcome, logger, forwarderDeps, forwarder, reporter, bug: bugReporter(forwarderDeps) };
}

/** Where the primary says that bindings are kept. `isGuarded`: whether that is not asked at present; `null`: it always is. */
function sessionStore(
  deps: WorkerDeps,
  { sessions }: Welcome,
  logger: Logger,
  series: RequestSeries,
): { readonly store: SessionStore; readonly isGuarded: () => boolean | null } {
  const monotonic = (): number => deps.monotonic();
  if (sessions.kind === 'primary') {
    return { store: new IpcSessionStore(deps.link, monotonic), isGuarded: () => null };
  }
  const { access, prefix } = sessions;
  const onResult = (result: RedisResult): void => {
    series.counters.add(series.sessionCalls.get(result), 1);
  };
  const redis = deps.connectRedis({ access, role: 'session', timers: deps.timers, logger, onResult });
  const store = new RedisSessionStore({ redis, prefix, random: deps.random, monotonic });
  return { store, isGuarded: () => store.isGuarded() };
}

async function metricsPage(link: ControlLink): Promise<MetricsPage | null> {
  const reply = await link.askMetrics(METRICS_TIMEOUT_MS);
  return reply === undefined ? null : { contentType: reply.contentType, body: reply.body };
}

function inForce(table: RoutingTable | null): RoutingTable {
  if (table === null) throw new Error('there is no snapshot yet');
  return table;
}
