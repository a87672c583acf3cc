import { isRecord } from '../../../shared/is-record.js';

describe('a record', () => {
  it.each<[unknown, boolean]>([
    [{}, true],
    [{ a: 1 }, true],
    [[], false],
    [null, false],
    [undefined, false],
    ['text', false],
    [1, false],
  ])('%p: %p', (value, expected) => {
    expect(isRecord(value)).toBe(expected);
  });
});
