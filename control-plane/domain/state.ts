/**
 * The durable state: the fold of all events, and nothing else. Immutable; `evolve` answers a new one. What checkpoints
 * store as it is has a shape here, from which its type follows.
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

/** `openings`: openings in a row before; while closed, one is forgotten per reset timeout. */
const breakerState = tagged('phase', {
  closed: object({ openings: count, since: time }),
  open: object({ openings: count, since: time, until: time }),
  'half-open': object({ openings: count, since: time }),
});

export type BreakerState = TypeOf<typeof breakerState>;

const resolved = object({
  addresses,
  since: time,
  /** Those it stood for until then; empty: it was the first time. */
  before: addresses,
});

export interface Resolved extends TypeOf<typeof resolved> {}

export const backendState = object(
  {
    id: backendName,
    address: backendAddress,
    weight,
    /**
     * Id of the command that added it: tells two backends apart that had the same id in turn. Not the event's number,
     * so that it stays the same when the same commands are decided under other settings.
     */
    generation: count,
    origin,
    admin: adminState,
    health,
    healthSince: time,
    breaker: breakerState,
  },
  {
    /** Attempts in flight that it is given at once by this host. Absent: what its pool says. */
    maxConnections,
    /** What its name stands for, as each side has seen it. Absent where it is given by its address. */
    resolved: object({}, { checks: resolved, traffic: resolved }),
  },
);

export interface BackendState extends TypeOf<typeof backendState> {}

/** Counts over a pool's backends, kept by the fold so that nobody has to walk 10,000 of them. */
export interface PoolTally {
  /** Admin state `ready`. */
  readonly ready: number;
  /** Availability `available`. */
  readonly available: number;
  /** Of them, those with a weight: they take new requests. */
  readonly serving: number;
  /** Availability `trial`. */
  readonly trial: number;
  /** Availability `draining`. */
  readonly draining: number;
  /** Availability `unchecked`, and admin state `ready`. */
  readonly unchecked: number;
  /** Admin state `ready`, and out for no other reason than their breakers: availability `ejected` or `trial`. */
  readonly ejected: number;
}

export interface PoolState {
  readonly id: PoolId;
  /**
   * What `If-Match` compares: number of the last event by which an operator or the file changed the pool (settings,
   * membership, origin, weight, admin state). Health, breakers and panic leave it alone: a flapping backend must not
   * refuse an operator's write.
   */
  readonly version: number;
  readonly settings: PoolSettings;
  /** In the order in which they were added. */
  readonly backends: ReadonlyMap<BackendId, BackendState>;
  /** Those whose breaker is not closed, in no order that matters. Follows from `backends`. */
  readonly tripped: ReadonlySet<BackendId>;
  /** Follows from `backends`. */
  readonly tally: PoolTally;
  readonly panic: boolean;
  /** Sessions that began before, milliseconds since 1970, are over. 0: none were ended. */
  readonly sessionsFrom: number;
}

export const appliedConfig = object({
  file: words,
  sha256: words,
  at: time,
  document: storedDocument,
  /** Hashes of those that were in force before, newest first. */
  previous: texts,
});

export interface AppliedConfig extends TypeOf<typeof appliedConfig> {}

/** As releases stored it that did not remember what was in force before. */
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
  /** Time of the last event. */
  readonly at: number;
  /** The file applied last, as it was: the base of the three-way merge. */
  readonly applied: AppliedConfig | null;
  /** The attempt to load the file that failed since then; `null`: the last one succeeded. */
  readonly rejected: RejectedConfig | null;
  readonly forwarding: ForwardingSettings | null;
  readonly routes: readonly Route[];
  readonly pools: ReadonlyMap<PoolId, PoolState>;
  /** Where this host stands in the log of its fleet; `null`: it never belonged to one. */
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
