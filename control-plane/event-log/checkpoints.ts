/**
 * Checkpoints are stored states of the past. With a checkpoint, only the events after it have to be folded to get the
 * present state.
 */
import type { ControlState } from '../domain/state.js';
import type { EventReader } from './event-log.js';

export interface CheckpointReader {
  /** The newest checkpoint at or before event `seq`; `null` if there is none. */
  before(seq: number): Promise<ControlState | null>;
}

export interface Checkpoints extends CheckpointReader {
  /**
   * Stores `state`, the durable state after event `state.seq`. That event must be stored. A checkpoint of the same event is
   * replaced.
   */
  save(state: ControlState): Promise<void>;
  /** The events that have a checkpoint, oldest first. */
  seqs(): Promise<readonly number[]>;
  forget(seqs: readonly number[]): Promise<void>;
}

/** What questions about the past are answered from: events, and states to start from. */
export interface HistoryLog {
  readonly events: EventReader;
  readonly checkpoints: CheckpointReader;
}
