import { toJsonCase } from '../../../../control-plane/hindsight/json-case.js';

describe('names in JSON', () => {
  it('are in snake_case, times are text, and durations stay numbers', () => {
    const value = {
      openedAt: 0,
      intervalMs: 5,
      list: [{ notAfter: 1_000, isOn: true }],
      nothing: null,
      until: 'text',
    };
    expect(toJsonCase(value)).toEqual({
      opened_at: '1970-01-01T00:00:00.000Z',
      interval_ms: 5,
      list: [{ not_after: '1970-01-01T00:00:01.000Z', is_on: true }],
      nothing: null,
      until: 'text',
    });
  });

  it('of header fields stay as the operator wrote them', () => {
    expect(toJsonCase({ healthCheck: { headers: { 'X-Check': 'a', userAgent: 'b' } } })).toEqual({
      health_check: { headers: { 'X-Check': 'a', userAgent: 'b' } },
    });
  });
});
