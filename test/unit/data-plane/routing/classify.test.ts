import { classifyStatus } from '../../../../data-plane/routing/classify.js';

describe('classify', () => {
  it('takes 500, 502, 503 and 504 for failures of the backend and nothing else', () => {
    const failures = Array.from({ length: 500 }, (_, i) => 100 + i).filter(
      (status) => classifyStatus(status).kind !== 'success',
    );
    expect(failures).toEqual([500, 502, 503, 504]);
    expect(classifyStatus(503)).toEqual({ kind: 'failure', reason: 'status' });
  });
});
