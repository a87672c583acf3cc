/**
 * Collects the observation journal's entries until they are stored: with the next events in one transaction, or by
 * themselves after a while. Entries that had to be given up leave no silent gap: a new segment begins after them.
 */
import type { Command } from '../domain/commands.js';
import type { Decision, World } from '../domain/decision.js';
import type { JournalEntry } from '../domain/journal.js';
import { JournalCompressor } from '../domain/journal-compressor.js';

/** Retention forgets whole segments, so a segment must be small beside the retention time. */
const SEGMENT_MS = 3_600_000;
/** Entries kept while the log cannot be written. Past that they are given up. */
export const MAX_BUFFERED_ENTRIES = 10_000;

export class JournalWriter {
  readonly #compressor = new JournalCompressor();
  #stored: JournalEntry[] = [];
  #batch: JournalEntry[] = [];
  #segmentDueAt = -Infinity;

  /** Takes a command that was decided on `before`. Once for each accepted command, in order. */
  record(command: Command, decision: Decision, before: World): void {
    const { at } = command;
    if (at >= this.#segmentDueAt) {
      this.#segmentDueAt = at + SEGMENT_MS;
      for (const entry of this.#compressor.segment(before, at)) this.#batch.push(entry);
    }
    for (const entry of this.#compressor.step(command, decision, before)) this.#batch.push(entry);
  }

  get hasEntries(): boolean {
    return this.#stored.length > 0;
  }

  /** All that waits to be stored, the present batch included. */
  entries(): readonly JournalEntry[] {
    return this.#stored.concat(this.#batch);
  }

  /** The commands since the last call have happened; their entries wait to be stored. */
  keep(): void {
    for (const entry of this.#batch) this.#stored.push(entry);
    this.#batch = [];
    if (this.#stored.length > MAX_BUFFERED_ENTRIES) {
      this.#stored = [];
      this.#segmentDueAt = -Infinity;
    }
  }

  /** All entries are stored. */
  written(): void {
    this.#stored = [];
    this.#batch = [];
  }

  /** The commands since the last `keep` or `written` have not happened after all. */
  forget(): void {
    this.#batch = [];
    this.#segmentDueAt = -Infinity;
  }

  /** Ends the pending runs: for the end of the process. */
  finish(): void {
    for (const entry of this.#compressor.flush()) this.#stored.push(entry);
  }
}
