/**
 * Makes the observation journal's entries of what was decided, and begins a segment where it is time for one. Entries that
 * had to be given up leave no silent gap: a new segment begins after them.
 */
import type { Command } from '../domain/commands.js';
import type { Decision, World } from '../domain/decision.js';
import type { JournalEntry } from '../domain/journal.js';
import { JournalCompressor } from '../domain/journal-compressor.js';

/** Retention forgets whole segments, so a segment must be small beside the retention time. */
const SEGMENT_MS = 3_600_000;

export class JournalWriter {
  readonly #compressor = new JournalCompressor();
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

  /** The entries made since the last call. */
  take(): readonly JournalEntry[] {
    const batch = this.#batch;
    this.#batch = [];
    return batch;
  }

  /** Entries that were taken are not going to be stored: what follows needs a segment of its own. */
  interrupt(): void {
    this.#segmentDueAt = -Infinity;
  }

  /** The pending runs: for the end of the process. */
  finish(): readonly JournalEntry[] {
    return this.#compressor.flush();
  }
}
