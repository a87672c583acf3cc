import { accepts } from '../../../../control-plane/admin/requests.js';

describe('Accept', () => {
  it.each<[string | undefined, boolean]>([
    [undefined, true],
    ['', true],
    ['*/*', true],
    ['application/json', true],
    ['APPLICATION/JSON', true],
    ['application/json; charset=utf-8', true],
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
