import { editDistance, suggest } from '../../../shared/suggest.js';

describe('a suggestion', () => {
  it.each([
    ['prot', 'port'],
    ['Port', 'port'],
    ['helth_check', 'health_check'],
    ['health-check', 'health_check'],
    ['zzzz', null],
    ['x'.repeat(65), null],
  ])('for %s is %s', (word, expected) => {
    expect(suggest(word, ['port', 'path', 'health_check'])).toBe(expected);
  });
});

describe('edit distance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['', 'ab', 2],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
  ])('of "%s" and "%s" is %d', (a, b, expected) => {
    expect(editDistance(a, b)).toBe(expected);
  });
});
