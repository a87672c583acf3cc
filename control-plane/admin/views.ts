/** Makes the documents of the admin API from the state of the running system. It changes nothing. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { availabilityOf } from '#shared/availability.js';
import { urlOf } from '#shared/address-text.js';
import type { ControlPort } from '../control-port.js';
import type { RejectedLoad } from '../documents/config-documents.js';
import type { BackendDocument, PoolDocument } from '../documents/pool-documents.js';
import type { StatusDocument } from '../documents/status-documents.js';
import { driftOf } from '../domain/drift.js';
import { isoTime } from '../domain/iso-time.js';
import { type PoolStanding, shortageOf, standingOfPool } from '../domain/pool-standing.js';
import { maxConnectionsOf } from '../domain/pool-state.js';
import { takesTraffic } from '#shared/role.js';
import type { BackendState, ControlState, PoolState, RejectedConfig } from '../domain/state.js';
import { poolSettingsDocument } from './pool-settings.js';
import { NOT_JUDGED, reasonOf } from './availability-reason.js';
import { type Elsewhere, elsewhereIn, fleetDocument } from './fleet-view.js';
import type { Transitions } from './transitions.js';
import { positionDocument, workerDocument } from './worker-view.js';

export interface ViewDeps {
  readonly port: ControlPort;
  readonly transitions: Transitions;
  /** What other hosts make of backends. Absent where there is no fleet. */
  readonly elsewhere?: Elsewhere;
}

/** The same, with what other hosts make of backends now. */
export async function withElsewhere(deps: ViewDeps): Promise<ViewDeps> {
  const { fleet } = deps.port;
  return fleet === null ? deps : { ...deps, elsewhere: elsewhereIn(await fleet.hosts()) };
}

export function backendDocument(
  { port, transitions, elsewhere }: ViewDeps,
  pool: PoolState,
  backend: BackendState,
): BackendDocument {
  const present = availabilityOf(backend);
  const why = takesTraffic(port.role)
    ? reasonOf(backend, present, transitions.of(pool.id, backend.id), port.host)
    : { since: backend.healthSince, reason: NOT_JUDGED };
  return {
    pool: pool.id,
    id: backend.id,
    url: urlOf(backend.address),
    weight: backend.weight,
    admin: backend.admin,
    health: backend.health,
    health_since: isoTime(backend.healthSince),
    breaker: breakerDocument(backend),
    availability: present,
    since: isoTime(why.since),
    since_ms: why.since,
    reason: why.reason,
    origin: backend.origin,
    generation: backend.generation,
    active_requests: port.activeRequests(pool.id, backend.id),
    max_connections: maxConnectionsOf(pool, backend),
    ...(elsewhere === undefined ? {} : { verdict_of: port.host, elsewhere: elsewhere(pool.id, backend.id) }),
  };
}

function breakerDocument({ breaker }: BackendState): BackendDocument['breaker'] {
  const document = { state: breaker.phase, since: isoTime(breaker.since), openings: breaker.openings };
  return breaker.phase === 'open' ? { ...document, until: isoTime(breaker.until) } : document;
}

/** Documents made in one turn of the event loop, at 4 µs each. Those of 10,000 backends take 40 ms in all. */
const DOCUMENTS_PER_TURN = 500;

/** Lets other work have the event loop after so many documents, counted over all pools. */
class DocumentPace {
  #made = 0;

  async made(): Promise<void> {
    this.#made += 1;
    if (this.#made % DOCUMENTS_PER_TURN === 0) await nextTurn();
  }
}

export async function backendDocuments(
  deps: ViewDeps,
  pool: PoolState,
  pace = new DocumentPace(),
): Promise<readonly BackendDocument[]> {
  const documents: BackendDocument[] = [];
  for (const backend of pool.backends.values()) {
    documents.push(backendDocument(deps, pool, backend));
    await pace.made();
  }
  return documents;
}

export async function poolDocument(
  deps: ViewDeps,
  pool: PoolState,
  pace = new DocumentPace(),
): Promise<PoolDocument> {
  await pace.made();
  return {
    id: pool.id,
    version: pool.version,
    ...poolSettingsDocument(pool.settings),
    panic: pool.panic,
    sessions: deps.port.sessions.count(pool.id),
    pending_requests: deps.port.waitingRequests(pool.id),
    backends: await backendDocuments(deps, pool, pace),
    ...(deps.elsewhere === undefined ? {} : { verdict_of: deps.port.host }),
  };
}

export async function poolDocuments(deps: ViewDeps): Promise<readonly PoolDocument[]> {
  const pace = new DocumentPace();
  const documents: PoolDocument[] = [];
  for (const pool of deps.port.world().state.pools.values()) {
    documents.push(await poolDocument(deps, pool, pace));
  }
  return documents;
}

export async function statusDocument(given: ViewDeps, at: number): Promise<StatusDocument> {
  const { port } = given;
  const hosts = port.fleet === null ? null : await port.fleet.hosts();
  const deps = hosts === null ? given : { ...given, elsewhere: elsewhereIn(hosts) };
  const { state } = port.world();
  const { ready, reason } = port.readiness();
  const workers = port.workers().map((worker) => workerDocument(port, worker));
  return {
    version: port.version,
    role: port.role,
    started_at: isoTime(port.startedAt),
    uptime_ms: Math.max(0, at - port.startedAt),
    ready,
    reason,
    epoch: state.epoch,
    seq: state.seq,
    snapshot: positionDocument(port.position()),
    workers: {
      ready: workers.filter((worker) => worker.phase === 'ready').length,
      total: workers.length,
      converged: workers.filter((worker) => worker.converged).length,
    },
    store: storeDocument(port),
    health_checks: healthChecksDocument(port),
    config: {
      file: port.configFile,
      applied_at: state.applied === null ? null : isoTime(state.applied.at),
      restart_needed: port.restartNeeded(),
      drift: driftOf(state).length,
      last_rejected: rejectedLoad(state.rejected),
      ...fileStanding(port),
    },
    certificate_trouble: port.certificateTrouble(),
    pools: await poolStatuses(deps, state),
    ...(port.fleet === null || hosts === null ? {} : { fleet: fleetDocument(port.fleet, port.host, hosts) }),
  };
}

/** Only a fleet can have another configuration in force than the file of this host says. */
export function fileStanding(port: ControlPort): Pick<StatusDocument['config'], 'file_standing'> {
  if (port.fleet === null) return {};
  const standing = port.fileStanding();
  return { file_standing: standing === 'news' ? 'not-applied' : standing };
}

async function poolStatuses(deps: ViewDeps, state: ControlState): Promise<StatusDocument['pools']> {
  const { port } = deps;
  const pace = new DocumentPace();
  const statuses: StatusDocument['pools'][number][] = [];
  for (const pool of state.pools.values()) {
    await pace.made();
    const standing = standingOn(port, pool);
    statuses.push({
      id: pool.id,
      version: pool.version,
      algorithm: pool.settings.algorithm,
      panic: pool.panic,
      standing: standing.kind,
      shortage: shortageOf(standing),
      sessions: port.sessions.count(pool.id),
      pending_requests: port.waitingRequests(pool.id),
      backends: await backendDocuments(deps, pool, pace),
    });
  }
  return statuses;
}

function standingOn({ role }: ControlPort, pool: PoolState): PoolStanding {
  return takesTraffic(role) ? standingOfPool(pool) : { kind: 'unknown', total: pool.backends.size };
}

function storeDocument(port: ControlPort): StatusDocument['store'] {
  const { ok, since, problem, unstoredEvents, lostEvents } = port.storage();
  return {
    ok,
    since: since === null ? null : isoTime(since),
    problem,
    unstored_events: unstoredEvents,
    lost_events: lostEvents,
  };
}

function healthChecksDocument(port: ControlPort): StatusDocument['health_checks'] {
  const { behind, lateMs, waiting } = port.checkLag();
  return { behind, late_ms: lateMs, waiting };
}

export function rejectedLoad(rejected: RejectedConfig | null): RejectedLoad | null {
  return rejected === null ? null : { at: isoTime(rejected.at), problems: rejected.problems };
}
