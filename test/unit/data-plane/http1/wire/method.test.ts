import { METHODS } from 'node:http';
import { METHOD_BYTES, methodRefusal, methodText } from '../../../../../data-plane/http1/wire/method.js';

describe('a method', () => {
  it.each(METHODS.filter((method) => method !== 'CONNECT'))('is passed: %s', (method) => {
    expect(methodRefusal(method)).toBeNull();
  });

  it.each([
    'VERSION-CONTROL',
    'RPC_IN_DATA',
    'BITS_POST',
    'BAN',
    'get',
    'Get',
    'HEADER',
    '__proto__',
    'constructor',
    'a'.repeat(METHOD_BYTES),
  ])('is passed, though nobody knows it: %s', (method) => {
    expect(methodRefusal(method)).toBeNull();
    expect(methodText(method)).toBe(method);
  });

  it.each([
    ['CONNECT', 'connect'],
    ['head', 'method_unsupported'],
    ['Head', 'method_unsupported'],
    ['connect', 'method_unsupported'],
    ['PRI', 'method_unsupported'],
    ['a'.repeat(METHOD_BYTES + 1), 'method_unsupported'],
  ])('is refused: %s', (method, reason) => {
    expect(methodRefusal(method)).toBe(reason);
  });
});
