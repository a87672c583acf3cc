/**
 * Adds up the outcomes of attempts, per backend and generation, until the reporter takes them to the primary. Decides
 * nothing about backends, because the primary does. Tells at once when there is something that the primary should know soon.
 */
import type { BackendOutcomes, FailureReason, Outcome, TrialReport } from '#shared/outcome.js';
import type { BackendLoad } from '../routing/backend-load.js';
import type { BackendEntry } from '../routing/routing-table.js';
import { LongTrials } from './long-trials.js';

/** Reports of trials kept for one backend between two reports. There are never this many permits. */
export const MAX_TRIAL_REPORTS = 1_000;

interface Tally {
  readonly entry: BackendEntry;
  successes: number;
  readonly failures: Map<FailureReason, number>;
  readonly trials: TrialReport[];
  resolved: readonly string[] | null;
}

export class OutcomeBatch {
  /** A backend's load lives as long as its generation, whatever snapshots come. */
  #tallies = new Map<BackendLoad, Tally>();
  readonly #longTrials = new LongTrials();
  #onUrgent: (() => void) | null = null;

  /** Called whenever a failure or news about a trial is recorded. */
  onUrgent(handler: () => void): void {
    this.#onUrgent = handler;
  }

  /** Counts the outcome of an attempt, once for each. With a permit it is a trial's result, and the permit is not yet returned. */
  record(entry: BackendEntry, outcome: Outcome, permit: number | null): void {
    if (permit !== null) return this.#trialEnded(entry, outcome, permit);
    switch (outcome.kind) {
      case 'success':
        this.#tally(entry).successes += 1;
        return;
      case 'failure': {
        const failures = this.#tally(entry).failures;
        failures.set(outcome.reason, (failures.get(outcome.reason) ?? 0) + 1);
        this.#onUrgent?.();
        return;
      }
      case 'neutral':
        return;
    }
  }

  /** The answer of a trial has begun with a status that is no failure. @param contentBytes how much content has come */
  trialAnswers(entry: BackendEntry, permit: number, contentBytes: () => number): void {
    this.#longTrials.begun(entry, permit, contentBytes);
  }

  /** Records success for trials whose answer goes on too long to wait for its end. */
  lookAtTrials(at: number): void {
    for (const { entry, permit } of this.#longTrials.takeProven(at)) {
      this.#trial(entry, { permit, result: 'success', returned: false });
    }
  }

  /** The exchange of a trial is over, or its permit was not used. */
  permitReturned(entry: BackendEntry, permit: number): void {
    this.#longTrials.over(permit);
    this.#trial(entry, { permit, result: null, returned: true });
  }

  /** New connections to the backend go to other addresses than before. */
  resolved(entry: BackendEntry, addresses: readonly string[]): void {
    this.#tally(entry).resolved = addresses;
    this.#onUrgent?.();
  }

  /** Everything since the last call, and starts anew. */
  take(): BackendOutcomes[] {
    const taken: BackendOutcomes[] = [];
    for (const { entry, successes, failures, trials, resolved } of this.#tallies.values()) {
      taken.push({
        pool: entry.pool,
        backend: entry.id,
        generation: entry.generation,
        successes,
        failures: Object.fromEntries(failures),
        trials,
        ...(resolved === null ? {} : { resolved }),
      });
    }
    this.#tallies = new Map();
    return taken;
  }

  #trialEnded(entry: BackendEntry, outcome: Outcome, permit: number): void {
    if (outcome.kind === 'neutral' || this.#longTrials.isProven(permit)) return;
    const { kind: result, ...cause } = outcome;
    this.#trial(entry, { permit, result, ...cause, returned: false });
  }

  #trial(entry: BackendEntry, report: TrialReport): void {
    const trials = this.#tally(entry).trials;
    const last = trials.at(-1);
    // Result and return of one trial travel as one report when they come together.
    if (last !== undefined && last.permit === report.permit && report.result === null) {
      trials[trials.length - 1] = { ...last, returned: true };
    } else if (trials.length < MAX_TRIAL_REPORTS) {
      trials.push(report);
    }
    this.#onUrgent?.();
  }

  #tally(entry: BackendEntry): Tally {
    const known = this.#tallies.get(entry.load);
    if (known !== undefined) return known;
    const tally: Tally = { entry, successes: 0, failures: new Map(), trials: [], resolved: null };
    this.#tallies.set(entry.load, tally);
    return tally;
  }
}
