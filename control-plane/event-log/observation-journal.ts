/**
 * The observation journal: the decided commands, from which each decision can be repeated (`domain/journal.ts`). The state
 * does not depend on the journal.
 */
import type { JournalEntry } from '../domain/journal.js';

interface JournalReader {
  /**
   * Entries in the order of writing, from the begin of the segment that contains the time `from`, up to the time `to`. Times
   * are milliseconds since 1970.
   */
  read(from: number, to: number): AsyncIterable<JournalEntry>;
}

export interface JournalLimits {
  /** Segments that ended before this time are deleted. Milliseconds since 1970. */
  readonly before: number;
  /** Segments beyond this many bytes are deleted, counted from the newest. */
  readonly bytes: number;
}

export interface Journal extends JournalReader {
  /** Appends all of `entries` or none. The first entry of a journal must begin a segment. */
  append(entries: readonly JournalEntry[]): Promise<void>;
  /**
   * Deletes the oldest segments according to the limits, but never the newest. Returns the last event before the oldest
   * remaining segment, because a replay from there needs the state after that event; `null` if there is no segment.
   */
  forget(limits: JournalLimits): Promise<number | null>;
}
