/**
 * How many retries a worker may add to the traffic: a share of the requests of the last ten seconds, and a few a second
 * in any case. The budget keeps an outage from multiplying the load (Google SRE book, ch. 22). It counts per second, for the
 * last ten seconds; each call is told the time.
 */
import type { RetrySettings } from '#shared/settings.js';

/** Length of the window, in seconds. */
const BUDGET_WINDOW_S = 10;

/** What was counted in one second. */
interface SecondCount {
  readonly second: number;
  requests: number;
  retries: number;
}

export interface RetryBudgetState {
  present: SecondCount;
  /** Earlier seconds of the window, the oldest first. */
  readonly past: SecondCount[];
  requestsInWindow: number;
  retriesInWindow: number;
}

export function createRetryBudget(at: number): RetryBudgetState {
  return { present: emptySecond(Math.floor(at / 1_000)), past: [], requestsInWindow: 0, retriesInWindow: 0 };
}

/** To be called for each request, not for its further attempts. */
export function countRequest(budget: RetryBudgetState, at: number): void {
  advance(budget, at);
  budget.present.requests += 1;
  budget.requestsInWindow += 1;
}

/** To be called for each further attempt that is made. */
export function countRetry(budget: RetryBudgetState, at: number): void {
  advance(budget, at);
  budget.present.retries += 1;
  budget.retriesInWindow += 1;
}

/** Whether one retry more is within the budget now. */
export function budgetAllows(budget: RetryBudgetState, settings: RetrySettings, at: number): boolean {
  advance(budget, at);
  const share = (budget.requestsInWindow * settings.budgetPercent) / 100;
  return budget.present.retries < settings.budgetMin || budget.retriesInWindow + 1 <= share;
}

/** Begins a new second when it is time. Time that runs backwards stands still. */
function advance(budget: RetryBudgetState, at: number): void {
  const second = Math.floor(at / 1_000);
  if (second <= budget.present.second) return;
  budget.past.push(budget.present);
  budget.present = emptySecond(second);
  for (let [oldest] = budget.past; oldest !== undefined; [oldest] = budget.past) {
    if (oldest.second > second - BUDGET_WINDOW_S) break;
    budget.requestsInWindow -= oldest.requests;
    budget.retriesInWindow -= oldest.retries;
    budget.past.shift();
  }
}

function emptySecond(second: number): SecondCount {
  return { second, requests: 0, retries: 0 };
}
