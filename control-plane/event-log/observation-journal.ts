/**
 * The observation journal: the commands that were decided, by which each decision can be made again (`domain/journal.ts`). The
 * state does not need it.
 */
import type { JournalEntry } from '../domain/journal.js';

interface JournalReader {
  /** Entries in the order written, starting with the segment that holds `from` (time), up to `to`. */
  read(from: number, to: number): AsyncIterable<JournalEntry>;
}

export interface JournalLimits {
  /** Segments that ended before this time go. */
  readonly before: number;
  /** So much stays, counted from the newest segment. */
  readonly bytes: number;
}

export interface Journal extends JournalReader {
  /** Appends all of `entries` or none of them. The first that is ever appended must begin a segment. */
  append(entries: readonly JournalEntry[]): Promise<void>;
  /**
   * Forgets the oldest segments, as the limits say, but never the newest. Answers the last event before the oldest segment
   * that stays: what is replayed from there on needs the state after it. `null`: there is no segment.
   */
  forget(limits: JournalLimits): Promise<number | null>;
}
