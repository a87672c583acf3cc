/**
 * Lifts journal entries of older releases to the present schema. The text of an entry contains its schema number; the first
 * release wrote none.
 */
import type { JournalEntry } from './journal.js';
import { withWorkerIds } from './upcast-workers.js';

/** The schema that this release writes. */
export const JOURNAL_SCHEMA = 2;

/** The first release numbered the permits of an epoch from epoch × this number. */
const PERMITS_PER_EPOCH = 1_000_000_000;

/** An entry of schema 1 in its present shape. */
export function upcastJournalEntry(stored: unknown): unknown {
  return withWorkerIds(stored);
}

/** An entry of schema 1 with the permit numbers that it had. */
export function withPermitNumbers(entry: JournalEntry): JournalEntry {
  if (entry.kind !== 'segment' || entry.observations.nextPermit !== 1) return entry;
  // The segment begins a process. In schema 1 the first event of the process determined the first permit number, not the
  // observations.
  const nextPermit = (entry.epoch + 1) * PERMITS_PER_EPOCH + 1;
  return { ...entry, observations: { ...entry.observations, nextPermit } };
}
