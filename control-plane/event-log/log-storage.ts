/**
 * All that a primary stores: events, checkpoints and journal. Each has its own interface, so that each may be stored in a
 * different place. The one writer of all three uses `LogStorage`.
 */
import type { TidegateEvent } from '../domain/events.js';
import type { JournalEntry } from '../domain/journal.js';
import type { ControlState } from '../domain/state.js';
import type { Checkpoints, HistoryLog } from './checkpoints.js';
import type { EventLog } from './event-log.js';
import type { Journal } from './observation-journal.js';

/** What one append stores: events, and the journal entries of the commands that led to them. Each may be empty. */
export interface Batch {
  readonly events: readonly TidegateEvent[];
  readonly entries: readonly JournalEntry[];
  /** The state after the lost events, if events before these were lost (see `EventLog.append`). It becomes a checkpoint. */
  readonly base?: ControlState;
}

/** `without-entries`: the events are stored but the journal entries are lost. The next entry must begin a segment. */
export type Appended = 'all' | 'without-entries';

export interface LogStorage extends HistoryLog {
  readonly events: EventLog;
  readonly checkpoints: Checkpoints;
  readonly journal: Journal;
  /**
   * Appends to the event log and the journal. If both are in one file, one transaction writes them. Otherwise the order is
   * checkpoint, events, entries. The append has succeeded once the events are stored, even if the entries fail. A crash
   * after the checkpoint leaves a checkpoint beyond the end of the log, which the next open deletes. Rejects with
   * EventLogError; then neither event nor entry was written.
   */
  append(expectedSeq: number, batch: Batch): Promise<Appended>;
  /**
   * Rejects if an `append` would fail now, as far as that is known without writing.
   * @param byWriting also writes a few bytes, which proves that the log can be written
   */
  check(byWriting: boolean): Promise<void>;
  /**
   * Creates all anew after it was `lost`: `base` as a checkpoint, and the batch that follows it. Rejects with EventLogError
   * while that is not possible, for example because another file is at the path.
   */
  renew(base: ControlState, batch: Pick<Batch, 'events' | 'entries'>): Promise<void>;
  close(): Promise<void>;
}
