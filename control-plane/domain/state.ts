/** The durable state: the fold of all events, and nothing else. Immutable; `evolve` answers a new one. */
import type { AdminState, Health } from '#shared/backend-state.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import type {
  BackendAddress,
  ConfigDocument,
  ForwardingSettings,
  PoolSettings,
  Route,
} from '#shared/settings.js';
import type { ResolvedBy } from './evidence.js';
import { PersistentMap } from './persistent-map.js';

export type BreakerState =
  /** `openings`: openings in a row before; one is forgotten per reset timeout spent closed. */
  | { readonly phase: 'closed'; readonly openings: number; readonly since: number }
  | { readonly phase: 'open'; readonly openings: number; readonly since: number; readonly until: number }
  | { readonly phase: 'half-open'; readonly openings: number; readonly since: number };

export interface BackendState {
  readonly id: BackendId;
  readonly address: BackendAddress;
  readonly weight: number;
  /** Attempts in flight that it is given at once by this host. Absent: what its pool says. */
  readonly maxConnections?: number;
  /**
   * Id of the command that added it: tells two backends apart that had the same id in turn. Not the event's number,
   * so that it stays the same when the same commands are decided under other settings.
   */
  readonly generation: number;
  readonly origin: 'file' | 'api';
  readonly admin: AdminState;
  readonly health: Health;
  readonly healthSince: number;
  readonly breaker: BreakerState;
  /** What its name stands for, as each side has seen it. Absent where it is given by its address. */
  readonly resolved?: Readonly<Partial<Record<ResolvedBy, Resolved>>>;
}

export interface Resolved {
  readonly addresses: readonly string[];
  readonly since: number;
  /** Those it stood for until then; empty: it was the first time. */
  readonly before: readonly string[];
}

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
}

export interface AppliedConfig {
  readonly file: string;
  readonly sha256: string;
  readonly at: number;
  readonly document: ConfigDocument;
  readonly restartNeeded: readonly string[];
}

export interface RejectedConfig {
  readonly file: string;
  readonly at: number;
  readonly problems: readonly string[];
}

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
  };
}
