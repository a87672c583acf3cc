/**
 * How many retries a worker may add to the traffic: a share of the requests of the last ten seconds, and a few a second
 * in any case. Keeps an outage from being answered with a multiple of the load (Google SRE book, ch. 22). A ring
 * of one-second counts that is told the time; O(1).
 */
import type { RetrySettings } from '#shared/settings.js';

/** Length of the window, in seconds. */
export const BUDGET_WINDOW_S = 10;

export interface RetryBudgetState {
  second: number;
  readonly requests: Uint32Array;
  readonly retries: Uint32Array;
  requestsInWindow: number;
  retriesInWindow: number;
}

export function createRetryBudget(at: number): RetryBudgetState {
  return {
    second: Math.floor(at / 1_000),
    requests: new Uint32Array(BUDGET_WINDOW_S),
    retries: new Uint32Array(BUDGET_WINDOW_S),
    requestsInWindow: 0,
    retriesInWindow: 0,
  };
}

/** To be called for each request, not for its further attempts. */
export function countRequest(budget: RetryBudgetState, at: number): void {
  const slot = slotAt(budget, at);
  budget.requests[slot] = (budget.requests[slot] ?? 0) + 1;
  budget.requestsInWindow += 1;
}

/** To be called for each further attempt that is made. */
export function countRetry(budget: RetryBudgetState, at: number): void {
  const slot = slotAt(budget, at);
  budget.retries[slot] = (budget.retries[slot] ?? 0) + 1;
  budget.retriesInWindow += 1;
}

/** Whether one retry more is within the budget now. */
export function budgetAllows(budget: RetryBudgetState, settings: RetrySettings, at: number): boolean {
  const slot = slotAt(budget, at);
  const share = (budget.requestsInWindow * settings.budgetPercent) / 100;
  return (budget.retries[slot] ?? 0) < settings.budgetMin || budget.retriesInWindow + 1 <= share;
}

/** The slot of the present second, after those that have passed are emptied. Time that runs backwards stands still. */
function slotAt(budget: RetryBudgetState, at: number): number {
  const second = Math.max(budget.second, Math.floor(at / 1_000));
  const passed = Math.min(BUDGET_WINDOW_S, second - budget.second);
  for (let i = 1; i <= passed; i += 1) {
    const slot = (budget.second + i) % BUDGET_WINDOW_S;
    budget.requestsInWindow -= budget.requests[slot] ?? 0;
    budget.retriesInWindow -= budget.retries[slot] ?? 0;
    budget.requests[slot] = 0;
    budget.retries[slot] = 0;
  }
  budget.second = second;
  return second % BUDGET_WINDOW_S;
}
