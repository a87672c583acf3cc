/**
 * Trials whose answer has begun and goes on. An answer counts when it is whole, but a stream of events has no end: its permit
 * would be in use, and its backend half-open, for as long as its client listens. So a trial that still brings content some
 * time after its head has succeeded. A trial that brings no content ends by `timeouts.response_idle`, as any other answer.
 */
import type { BackendEntry } from '../routing/routing-table.js';

/** How long after its head an answer must still bring content to be taken for a good one before its end. */
export const TRIAL_PROOF_MS = 10_000;

interface LongTrial {
  readonly entry: BackendEntry;
  /** Bytes of content that have come. */
  readonly contentBytes: () => number;
  /** When it was first looked at. */
  since: number | null;
  /** Bytes that had come when its time was over. */
  bytesThen: number | null;
  isProven: boolean;
}

interface ProvenTrial {
  readonly entry: BackendEntry;
  readonly permit: number;
}

export class LongTrials {
  /** By permit, whose numbers no two backends share. */
  readonly #running = new Map<number, LongTrial>();

  begun(entry: BackendEntry, permit: number, contentBytes: () => number): void {
    this.#running.set(permit, { entry, contentBytes, since: null, bytesThen: null, isProven: false });
  }

  /** Whether its success has been told. */
  isProven(permit: number): boolean {
    return this.#running.get(permit)?.isProven === true;
  }

  over(permit: number): void {
    this.#running.delete(permit);
  }

  /** To be called every now and then. Tells each trial once. */
  takeProven(at: number): readonly ProvenTrial[] {
    const proven: ProvenTrial[] = [];
    for (const [permit, trial] of this.#running) {
      if (trial.isProven || !isProofAt(trial, at)) continue;
      trial.isProven = true;
      proven.push({ entry: trial.entry, permit });
    }
    return proven;
  }
}

function isProofAt(trial: LongTrial, at: number): boolean {
  trial.since ??= at;
  if (at - trial.since < TRIAL_PROOF_MS) return false;
  const bytes = trial.contentBytes();
  trial.bytesThen ??= bytes;
  return bytes > trial.bytesThen;
}
