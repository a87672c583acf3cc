/**
 * Makes the entries of the observation journal from decided commands, and begins a new segment when one is due. After
 * entries were given up, a new segment begins, so that the gap is visible.
 */
import type { Command } from '../domain/commands.js';
import type { Decision, World } from '../domain/decision.js';
import type { JournalEntry } from '../domain/journal.js';
import { JournalCompressor } from '../domain/journal-compressor.js';

/**
 * Length of a segment in milliseconds. Segments are short compared with the retention time, because retention drops whole
 * segments.
 */
const SEGMENT_MS = 3_600_000;

export class JournalWriter {
  readonly #compressor = new JournalCompressor();
  #batch: JournalEntry[] = [];
  #segmentDueAt = -Infinity;

  /** Adds a command that was decided on `before`. To be called once for each accepted command, in order. */
  record(command: Command, decision: Decision, before: World): void {
    const { at } = command;
    if (at >= this.#segmentDueAt) {
      this.#segmentDueAt = at + SEGMENT_MS;
      for (const entry of this.#compressor.segment(before, at)) this.#batch.push(entry);
    }
    for (const entry of this.#compressor.step(command, decision, before)) this.#batch.push(entry);
  }

  /** Returns the entries that were made since the last call. */
  take(): readonly JournalEntry[] {
    const batch = this.#batch;
    this.#batch = [];
    return batch;
  }

  /** Entries that `take` returned will not be stored. The next command therefore begins a new segment. */
  interrupt(): void {
    this.#segmentDueAt = -Infinity;
  }

  /** Returns the entries of runs that are still open, for the end of the process. */
  finish(): readonly JournalEntry[] {
    return this.#compressor.flush();
  }
}
