import { classifyStatus, outcomeOf, type AttemptEnd } from '../../../../data-plane/routing/classify.js';
import { FAILURE_REASONS } from '../../../../shared/outcome.js';

describe('classify', () => {
  it('takes 500, 502, 503 and 504 for failures of the backend and nothing else', () => {
    const failures = Array.from({ length: 500 }, (_, i) => 100 + i).filter(
      (status) => classifyStatus(status).kind !== 'success',
    );
    expect(failures).toEqual([500, 502, 503, 504]);
    expect(classifyStatus(503)).toEqual({ kind: 'failure', reason: 'status', status: 503 });
  });
});

describe('the outcome of an attempt', () => {
  it('is that of its status where the answer was whole', () => {
    expect(outcomeOf(200)).toEqual({ kind: 'success' });
    expect(outcomeOf(504)).toEqual({ kind: 'failure', reason: 'status', status: 504 });
  });

  it.each(FAILURE_REASONS)('is a failure where it ended by %s', (reason) => {
    expect(outcomeOf(reason)).toEqual({ kind: 'failure', reason });
  });

  it.each<AttemptEnd>(['client-gone', 'bug', 'stale', 'request_timeout', 'bad_request'])(
    'says nothing of the backend where it ended by %s',
    (end) => {
      expect(outcomeOf(end)).toEqual({ kind: 'neutral' });
    },
  );
});
