import { createRetryBudget } from '../../../../data-plane/routing/retry-budget.js';
import {
  type RetryCause,
  type FailedAttempt,
  mayRetry,
  usesBudget,
} from '../../../../data-plane/routing/retry.js';
import type { FailureReason } from '../../../../shared/outcome.js';
import { FORWARDING } from '../../../support/routing-fixture.js';

const FACTS: FailedAttempt = {
  method: 'GET',
  attempts: 1,
  settings: FORWARDING.retry,
  outcome: 'connect',
  responseStarted: false,
  bodyReplayable: true,
  headMsLeft: 1,
  at: 0,
};
const ask = (given: Partial<FailedAttempt>) => mayRetry({ ...FACTS, ...given }, createRetryBudget(0));

describe('retry', () => {
  it.each<[FailureReason, string, true | RetryCause | null]>([
    ['connect', 'GET', true],
    ['connect', 'POST', true],
    ['connect', 'PURGE', true],
    ['reset', 'GET', true],
    ['reset', 'DELETE', true],
    ['reset', 'POST', 'method'],
    ['reset', 'PATCH', 'method'],
    ['reset', 'get', 'method'],
    ['malformed', 'HEAD', true],
    ['malformed', 'POST', 'method'],
    ['timeout', 'PUT', true],
    ['timeout', 'POST', 'method'],
    ['status', 'GET', null],
    ['body', 'GET', 'started'],
  ])('after %s of %s: %s', (outcome, method, expected) => {
    const verdict = expected === true ? { retry: true } : { retry: false, cause: expected };
    expect(ask({ outcome, method })).toEqual(verdict);
  });

  it('never follows once a byte of the response is with the client', () => {
    expect(ask({ responseStarted: true })).toEqual({ retry: false, cause: 'started' });
  });

  it('follows no attempt that took long, unless a time for one was asked for', () => {
    const { perTryTimeoutMs: _asked, ...settings } = FORWARDING.retry;
    expect(ask({ outcome: 'timeout', settings })).toEqual({ retry: false, cause: null });
    expect(ask({ outcome: 'reset', settings })).toEqual({ retry: true });
  });

  it('follows no attempt that used up the time for the head', () => {
    expect(ask({ outcome: 'timeout', headMsLeft: 0 })).toEqual({ retry: false, cause: null });
  });

  it('needs the whole body', () => {
    expect(ask({ method: 'PUT', bodyReplayable: false })).toEqual({ retry: false, cause: 'body' });
  });

  it('ends with the attempts allowed', () => {
    expect(ask({ attempts: 2 })).toEqual({ retry: true });
    expect(ask({ attempts: 3 })).toEqual({ retry: false, cause: 'attempts' });
  });

  it('is free of the budget when no connection was made: no backend had work by it', () => {
    const settings = { ...FORWARDING.retry, budgetMin: 0 };
    expect(ask({ outcome: 'connect', settings })).toEqual({ retry: true });
    expect(usesBudget('connect')).toBe(false);
  });

  it('keeps to its budget', () => {
    const settings = { ...FORWARDING.retry, budgetMin: 0 };
    expect(ask({ outcome: 'reset', settings })).toEqual({ retry: false, cause: 'budget' });
  });
});
