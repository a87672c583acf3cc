import { methodsOf } from '../../../../control-plane/admin/known-routes.js';
import { toJsonCase } from '../../../../control-plane/admin/json-case.js';
import { accepts } from '../../../../control-plane/admin/requests.js';

describe('Accept', () => {
  it.each<[string | undefined, boolean]>([
    [undefined, true],
    ['', true],
    ['*/*', true],
    ['application/json', true],
    ['APPLICATION/JSON', true],
    ['application/*', true],
    ['text/html, application/json;q=0.5', true],
    ['text/html,*/*;q=0.1', true],
    ['text/html', false],
    ['application/json;q=0', false],
    ['application/json;q=0.000, */*', false],
    ['application/*;q=0, */*', false],
    ['application/json, */*;q=0', true],
  ])('%s', (field, expected) => {
    expect(accepts(field, 'application/json')).toBe(expected);
  });
});

describe('the methods of a path', () => {
  const routes = [
    { url: '/pools/:pool', methods: ['GET', 'HEAD'] },
    { url: '/pools/:pool', methods: ['PATCH'] },
    { url: '/pools', methods: ['GET'] },
  ];
  it.each([
    ['/pools/a', ['GET', 'HEAD', 'PATCH']],
    ['/pools', ['GET']],
    ['/pools/', []],
    ['/pools/a/b', []],
    ['/other', []],
  ])('%s', (path, methods) => {
    expect(methodsOf(path, routes)).toEqual(methods);
  });
});

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
});
