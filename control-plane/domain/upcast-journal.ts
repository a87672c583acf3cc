/**
 * Lifts entries of the observation journal as older releases wrote them to what this release reads. Their texts carry
 * the number of their schema; the first release wrote none.
 */
import type { JournalEntry } from './journal.js';
import { withWorkerIds } from './upcast-workers.js';

/** What this release writes. */
export const JOURNAL_SCHEMA = 2;

/** What the first release counted the permits of an epoch from: epoch × this. */
const PERMITS_PER_EPOCH = 1_000_000_000;

/** An entry of schema 1 with what its shape has today. */
export function upcastJournalEntry(stored: unknown): unknown {
  return withWorkerIds(stored);
}

/** An entry of schema 1 with the numbers that its permits had. */
export function withPermitNumbers(entry: JournalEntry): JournalEntry {
  if (entry.kind !== 'segment' || entry.observations.nextPermit !== 1) return entry;
  // It begins a process. The first event of the process, and not its observations, said which number came first.
  const nextPermit = (entry.epoch + 1) * PERMITS_PER_EPOCH + 1;
  return { ...entry, observations: { ...entry.observations, nextPermit } };
}
