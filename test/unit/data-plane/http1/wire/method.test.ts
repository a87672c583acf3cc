import { METHODS } from 'node:http';
import { knownMethod } from '../../../../../data-plane/http1/wire/method.js';

describe('a method', () => {
  it('is known if node:http knows it, but for SOURCE, which is not HTTP', () => {
    expect(METHODS.filter((method) => knownMethod(method) === null)).toEqual(['SOURCE']);
  });

  it.each(['get', 'Get', 'FOO', 'PRI', '__proto__', 'constructor', ''])('is unknown: %j', (method) => {
    expect(knownMethod(method)).toBeNull();
  });
});
