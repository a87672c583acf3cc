import { LOCAL_REPLIES } from '../../../../../shared/error-code.js';
import { REFUSALS, type RefusalReason } from '../../../../../data-plane/http1/wire/refusal.js';

describe('a refusal', () => {
  it.each<[RefusalReason, number]>([
    ['line_end', 400],
    ['connect', 405],
    ['target_too_long', 414],
    ['expectation', 417],
    ['head_too_large', 431],
    ['too_many_fields', 431],
    ['coding_unsupported', 501],
    ['method_unsupported', 501],
    ['version_unsupported', 505],
  ])('has the status of its code: %s', (reason, status) => {
    expect(LOCAL_REPLIES[REFUSALS[reason].code].status).toBe(status);
  });

  it('names the rule that was broken', () => {
    for (const { rule } of Object.values(REFUSALS)) expect(rule).toMatch(/^RFC \d{4} §\d/);
  });
});
