/** Checkpoints: states of the past, stored so that not all events have to be folded to be where the log ends. */
import type { ControlState } from '../domain/state.js';
import type { EventReader } from './event-log.js';

export interface CheckpointReader {
  /** The newest checkpoint at or before event `seq`; `null`: there is none. */
  before(seq: number): Promise<ControlState | null>;
}

export interface Checkpoints extends CheckpointReader {
  /** `state` is the durable state as it was after event `state.seq`, which is stored. Replaces the one of the same event. */
  save(state: ControlState): Promise<void>;
  /** The events after which there is a checkpoint, oldest first. */
  seqs(): Promise<readonly number[]>;
  forget(seqs: readonly number[]): Promise<void>;
}

/** What questions about the past are answered from: what happened, and states to begin with. */
export interface HistoryLog {
  readonly events: EventReader;
  readonly checkpoints: CheckpointReader;
}
