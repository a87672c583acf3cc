/**
 * All that a primary stores: events, checkpoints and journal. Each has a port of its own, so that each may live elsewhere;
 * this is what the one writer of all three uses.
 */
import type { TidegateEvent } from '../domain/events.js';
import type { JournalEntry } from '../domain/journal.js';
import type { ControlState } from '../domain/state.js';
import type { Checkpoints, HistoryLog } from './checkpoints.js';
import type { EventLog } from './event-log.js';
import type { Journal } from './observation-journal.js';

/** What is stored at once: events, and the journal entries of the commands that led to them. Each may be empty. */
export interface Batch {
  readonly events: readonly TidegateEvent[];
  readonly entries: readonly JournalEntry[];
  /** Where events before these were lost (see `EventLog.append`): the state that they led to, which becomes a checkpoint. */
  readonly base?: ControlState;
}

/** `without-entries`: the events are stored, the journal entries are lost, and the next entry must begin a segment. */
export type Appended = 'all' | 'without-entries';

export interface LogStorage extends HistoryLog {
  readonly events: EventLog;
  readonly checkpoints: Checkpoints;
  readonly journal: Journal;
  /**
   * Appends to the event log and the journal. Where both are in one file, in one transaction. Where the event log is
   * elsewhere, in this order: the checkpoint, the events, the entries; when the events are stored the append has
   * succeeded, whatever becomes of the entries. An end after the checkpoint leaves one beyond the log's end, which the next
   * to open forgets. Fails with EventLogError; then neither event nor entry was written.
   */
  append(expectedSeq: number, batch: Batch): Promise<Appended>;
  /**
   * Fails as `append` would now, where that can be known without writing. `byWriting`: proves by a write of a few bytes that
   * something can be stored.
   */
  check(byWriting: boolean): Promise<void>;
  /**
   * Makes everything anew after it was `lost`: `base` as its checkpoint, and the batch that follows on it. Fails with
   * EventLogError while that is not possible, as when another file is at its place.
   */
  renew(base: ControlState, batch: Pick<Batch, 'events' | 'entries'>): Promise<void>;
  close(): Promise<void>;
}
