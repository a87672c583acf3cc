/**
 * The durable state: the fold of all events, and nothing else. Immutable: `evolve` returns a new state. Parts that
 * checkpoints store unchanged have a shape here, from which their type follows.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { ForwardingSettings, PoolSettings, Route } from '#shared/settings.js';
import {
  addresses,
  backendAddress,
  backendName,
  count,
  maxConnections,
  storedDocument,
  weight,
} from '#shared/shape-settings.js';
import { object, tagged, type TypeOf } from '#shared/shape.js';
import { PersistentMap } from './persistent-map.js';
import type { FleetStanding } from './fleet-standing.js';
import { adminState, health, origin, texts, time, words } from './stored-shapes.js';

/** `openings` counts openings in a row. While the breaker is closed, one opening is forgotten per reset timeout. */
const breakerState = tagged('phase', {
  closed: object({ openings: count, since: time }),
  open: object({ openings: count, since: time, until: time }),
  'half-open': object({ openings: count, since: time }),
});

export type BreakerState = TypeOf<typeof breakerState>;

const resolved = object({
  addresses,
  since: time,
  /** The addresses before; empty the first time. */
  before: addresses,
});

export interface Resolved extends TypeOf<typeof resolved> {}

export const backendState = object(
  {
    id: backendName,
    address: backendAddress,
    weight,
    /**
     * Id of the command that added the backend. It distinguishes two backends that had the same id one after the other. It
     * is not the number of the event, because it must stay the same when the same commands are decided under other settings.
     */
    generation: count,
    origin,
    admin: adminState,
    health,
    healthSince: time,
    breaker: breakerState,
  },
  {
    /** How many attempts this host may have in flight to the backend. Absent if the pool's limit applies. */
    maxConnections,
    /**
     * The addresses of the backend's name, as each side has seen them. Absent if the backend is configured by its address.
     */
    resolved: object({}, { checks: resolved, traffic: resolved }),
  },
);

export interface BackendState extends TypeOf<typeof backendState> {}

/** Counts over the backends of a pool. Each event updates them, so that readers need not walk 10,000 backends. */
export interface PoolTally {
  /** Backends with admin state `ready`. */
  readonly ready: number;
  /** Backends with availability `available`. */
  readonly available: number;
  /** Available backends with a weight above 0. These take new requests. */
  readonly serving: number;
  /** Backends with availability `trial`. */
  readonly trial: number;
  /** Backends with availability `draining`. */
  readonly draining: number;
  /** Backends with availability `unchecked` and admin state `ready`. */
  readonly unchecked: number;
  /** Backends with admin state `ready` that are out only because of their breakers: availability `ejected` or `trial`. */
  readonly ejected: number;
}

export interface PoolState {
  readonly id: PoolId;
  /**
   * The version that `If-Match` compares: number of the last event by which an operator or the file changed the pool
   * (settings, membership, origin, weight, admin state). Health, breakers and panic do not change it, because an unstable
   * backend must not cause the refusal of an operator's write.
   */
  readonly version: number;
  readonly settings: PoolSettings;
  /** In the order of addition. */
  readonly backends: ReadonlyMap<BackendId, BackendState>;
  /** Backends with a breaker that is not closed, in no particular order. Follows from `backends`. */
  readonly tripped: ReadonlySet<BackendId>;
  /** Follows from `backends`. */
  readonly tally: PoolTally;
  readonly panic: boolean;
  /** Sessions that began before this time (milliseconds since 1970) are ended. 0 if none were ended. */
  readonly sessionsFrom: number;
}

export const appliedConfig = object({
  file: words,
  sha256: words,
  at: time,
  document: storedDocument,
  /** Hashes of earlier configurations, newest first. */
  previous: texts,
});

export interface AppliedConfig extends TypeOf<typeof appliedConfig> {}

/** The form of older releases, which did not remember earlier configurations. */
export const storedApplied = object(
  { file: words, sha256: words, at: time, document: storedDocument },
  { previous: texts },
);

export interface StoredApplied extends TypeOf<typeof storedApplied> {}

export const rejectedConfig = object({ file: words, at: time, problems: texts });

export interface RejectedConfig extends TypeOf<typeof rejectedConfig> {}

export interface ControlState {
  /** Rises with each primary that starts on the log. 0 before the first. */
  readonly epoch: number;
  /** Number of the last event. 0 before the first. */
  readonly seq: number;
  /** Time of the last event, in milliseconds since 1970. */
  readonly at: number;
  /** The content of the last applied file. It is the base of the three-way merge. */
  readonly applied: AppliedConfig | null;
  /** The last attempt to load the file, if it failed; `null` if it succeeded. */
  readonly rejected: RejectedConfig | null;
  readonly forwarding: ForwardingSettings | null;
  readonly routes: readonly Route[];
  readonly pools: ReadonlyMap<PoolId, PoolState>;
  /** The position of this host in the log of its fleet; `null` if the host never belonged to a fleet. */
  readonly fleet: FleetStanding | null;
}

export function initialState(): ControlState {
  return {
    epoch: 0,
    seq: 0,
    at: 0,
    applied: null,
    rejected: null,
    forwarding: null,
    routes: [],
    pools: PersistentMap.empty(),
    fleet: null,
  };
}
