import { MAX_SAME_NAME, findCookies, stripCookie } from '../../../../data-plane/routing/cookies.js';

const NAMES = ['sid', '__Host-sid'];

describe('cookies', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['other=1', []],
    ['sid=abc', ['abc']],
    [' sid = abc ', ['abc']],
    ['a=1; sid=abc; b=2', ['abc']],
    ['a=1;sid=abc;b=2', ['abc']],
    ['sid="abc"', ['abc']],
    ['sid="', ['"']],
    ['sid=', ['']],
    ['sid=a=b', ['a=b']],
    ['sid=x; sid=y', ['x', 'y']],
    ['sid', []],
    ['xsid=1; sidx=2; SID=3', []],
    ['a="; sid=inner; "', ['inner']],
    ['__proto__=1; sid=abc', ['abc']],
  ])('finds in %j: %j', (header, values) => {
    expect(findCookies(header, 'sid')).toEqual(values);
  });

  it('looks at a few of the same name only', () => {
    expect(findCookies('sid=1;'.repeat(1_000), 'sid')).toHaveLength(MAX_SAME_NAME);
  });

  it.each<[string, string | null]>([
    ['a=1; b=2', 'a=1; b=2'],
    ['sid=abc', null],
    ['sid', null],
    ['sid=abc;', null],
    ['sid=abc; __Host-sid=def', null],
    ['a=1; sid=abc; b="2"', 'a=1; b="2"'],
    ['sid=abc; a=1', 'a=1'],
    ['a=1;sid=abc;b=2', 'a=1;b=2'],
    ['a=1;  b=2;sid=1', 'a=1;  b=2'],
    ['side=1; insid=2', 'side=1; insid=2'],
    ['SID=1', 'SID=1'],
    [' sid =1; a', 'a'],
  ])('strips %j to %j', (header, rest) => {
    expect(stripCookie(header, NAMES)).toBe(rest);
  });

  it('strips nothing without names', () => {
    expect(stripCookie('a=1', [])).toBe('a=1');
  });
});
