/**
 * The observation journal's entries: the inputs of `decide`, kept so that it can be run again. Everything that could
 * matter is kept as it was; what only confirmed the state of things is compressed into runs.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { Command } from './commands.js';
import type { BackendObservations } from './observations.js';

export type JournalEntry =
  /** Begins a segment: what was observed when it began; the durable state is the fold of events up to `seq`. */
  | {
      readonly kind: 'segment';
      readonly at: number;
      readonly epoch: number;
      readonly seq: number;
      readonly observations: SerializedObservations;
    }
  /** A command as it was decided. */
  | { readonly kind: 'command'; readonly at: number; readonly command: Command }
  /** Health checks that passed and changed nothing. */
  | {
      readonly kind: 'passes';
      readonly at: number;
      readonly pool: PoolId;
      readonly backend: BackendId;
      readonly generation: number;
      readonly from: number;
      readonly count: number;
    }
  /** Successful attempts, by second, that changed nothing but the window. */
  | {
      readonly kind: 'successes';
      readonly at: number;
      readonly pool: PoolId;
      readonly backend: BackendId;
      readonly generation: number;
      readonly buckets: readonly (readonly [second: number, count: number])[];
    };

/** `Observations` with its maps as lists, for JSON. */
export interface SerializedObservations {
  readonly pools: readonly (readonly [PoolId, readonly (readonly [BackendId, BackendObservations])[]])[];
  readonly workers: readonly number[];
  readonly nextPermit: number;
}
