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

export type BreakerState =
  /** `openings`: openings in a row before; one is forgotten per reset timeout spent closed. */
  | { readonly phase: 'closed'; readonly openings: number; readonly since: number }
  | { readonly phase: 'open'; readonly openings: number; readonly since: number; readonly until: number }
  | { readonly phase: 'half-open'; readonly openings: number; readonly since: number };

export interface BackendState {
  readonly id: BackendId;
  readonly address: BackendAddress;
  readonly weight: number;
  /** Number of the event that added it: tells two backends apart that had the same id in turn. */
  readonly generation: number;
  readonly origin: 'file' | 'api';
  readonly admin: AdminState;
  readonly health: Health;
  readonly healthSince: number;
  readonly breaker: BreakerState;
}

export interface PoolState {
  readonly id: PoolId;
  /** Sequence number of the last event that changed the pool: what `If-Match` compares. */
  readonly version: number;
  readonly settings: PoolSettings;
  /** In the order in which they were added. */
  readonly backends: ReadonlyMap<BackendId, BackendState>;
  readonly panic: boolean;
}

export interface AppliedConfig {
  readonly file: string;
  readonly sha256: string;
  readonly at: number;
  readonly document: ConfigDocument;
  readonly restartNeeded: readonly string[];
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
  readonly forwarding: ForwardingSettings | null;
  readonly routes: readonly Route[];
  readonly pools: ReadonlyMap<PoolId, PoolState>;
}

export function initialState(): ControlState {
  return { epoch: 0, seq: 0, at: 0, applied: null, forwarding: null, routes: [], pools: new Map() };
}
