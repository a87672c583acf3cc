import {
  budgetAllows,
  countRequest,
  countRetry,
  createRetryBudget,
} from '../../../../data-plane/routing/retry-budget.js';
import { FORWARDING } from '../../../support/routing-fixture.js';

const settings = { ...FORWARDING.retry, budgetPercent: 20, budgetMin: 2 };

describe('retry budget', () => {
  it('allows a few in each second without any traffic', () => {
    const budget = createRetryBudget(0);
    const allowed = (at: number): number => {
      let count = 0;
      while (budgetAllows(budget, settings, at)) {
        countRetry(budget, at);
        count += 1;
      }
      return count;
    };
    expect([allowed(0), allowed(999), allowed(1_000), allowed(60_000)]).toEqual([2, 0, 2, 2]);
  });

  it('allows a share of the requests of the last ten seconds', () => {
    const budget = createRetryBudget(0);
    for (let i = 0; i < 100; i += 1) countRequest(budget, i * 50);
    let count = 0;
    while (budgetAllows(budget, settings, 5_000)) {
      countRetry(budget, 5_000);
      count += 1;
    }
    expect(count).toBe(20);
    expect(budgetAllows(budget, settings, 9_999)).toBe(true);
    for (const at of [9_000, 9_001]) countRetry(budget, at);
    expect(budgetAllows(budget, settings, 9_999)).toBe(false);
  });

  it('forgets what is older', () => {
    const budget = createRetryBudget(0);
    for (let i = 0; i < 100; i += 1) countRequest(budget, 500);
    for (let i = 0; i < 10; i += 1) countRetry(budget, 9_500);
    expect(budgetAllows(budget, settings, 9_999)).toBe(true);
    expect([budget.requestsInWindow, budget.retriesInWindow]).toEqual([100, 10]);
    expect(budgetAllows(budget, settings, 10_000)).toBe(true);
    expect([budget.requestsInWindow, budget.retriesInWindow]).toEqual([0, 10]);
    budgetAllows(budget, settings, 1_000_000_000);
    expect([budget.requestsInWindow, budget.retriesInWindow]).toEqual([0, 0]);
  });

  it('stands still while the clock runs backwards', () => {
    const budget = createRetryBudget(10_000);
    countRequest(budget, 4_000);
    expect(budget.requestsInWindow).toBe(1);
    budgetAllows(budget, settings, 19_999);
    expect(budget.requestsInWindow).toBe(1);
    budgetAllows(budget, settings, 20_000);
    expect(budget.requestsInWindow).toBe(0);
  });
});
