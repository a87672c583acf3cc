import { isPattern, patternProblem, TextPatterns } from '../../../../control-plane/config/text-pattern.js';

function finds(written: string, text: string): boolean {
  const found = new TextPatterns().of(written);
  if (found === null) throw new Error(`${written} cannot be used`);
  return found(text);
}

describe('a text that a body is searched for', () => {
  it.each([
    ['ok', 'all ok', true],
    ['ok', 'all OK', false],
    // No pattern, though it has the characters of one.
    ['a.c', 'abc', false],
    ['/health', 'see /health', true],
    ['/', 'a/b', true],
    ['//', 'http://', true],
    ['/ok/', 'all ok', true],
    ['/^ok$/', 'not ok', false],
    ['/^ok$/', 'not\nok', false],
    ['/^ok$/m', 'not\nok', true],
    ['/up|OK/i', 'Ok', true],
    ['/a.b/', 'a\nb', false],
    ['/a.b/s', 'a\nb', true],
    ['/"status":\\s*"(up|ok)"/', '{"status": "up"}', true],
    ['/caf\\u00e9/', 'ein café', true],
    ['/\\bup\\b/', 'uptime', false],
    ['/a\\/b/', 'a/b', true],
  ])('%s in %j: %s', (written, text, expected) => {
    expect(patternProblem(written)).toBeNull();
    expect(finds(written, text)).toBe(expected);
  });

  it('is a pattern only between slashes', () => {
    expect(['/a/', '/a/im', '/a/g', '/a', 'a/', '//'].map(isPattern)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it.each([
    ['/(a)\\1/', /RE2/],
    ['/a(?=b)/', /RE2/],
    ['/a(?!b)/', /RE2/],
    ['/[/', /RE2.*missing closing/],
    ['/*/', /RE2/],
    ['/a{1001}/', /RE2/],
    ['/(a{1,30}){1,30}/', /simpler/],
    [`/${'a'.repeat(201)}/`, /at most 200 characters/],
    ['/((a{1,100}){1,100}){1,100}/', /RE2|simpler/],
  ])('is refused as %s', (written, problem) => {
    expect(patternProblem(written)).toMatch(problem);
    expect(new TextPatterns().of(written)).toBeNull();
  });
});

/** Each takes an engine that goes back longer than this test may last. */
const EXPLOSIVE = [
  '/(a+)+$/',
  '/(a|a)*$/',
  '/(a|aa)+$/',
  '/(a*)*b/',
  '/^(a+)+$/',
  '/(.*a){12}$/',
  '/(?:a?){20}a{20}$/',
  '/a*a*a*a*a*[bc]$/',
  '/^(([a-z])+.)+[A-Z]([a-z])+$/',
  '/(x+x+)+y/',
  '/\\s*\\s*\\s*[bc]$/',
  '/(a|b)*a(a|b){20}[cd]/',
];
const LONGEST = 65_536;
const BODIES: Readonly<Record<string, string>> = {
  'one letter': `${'a'.repeat(LONGEST - 1)}!`,
  'two letters': 'abaabbab'.repeat(LONGEST / 8),
  blanks: ' '.repeat(LONGEST),
};

describe.each(EXPLOSIVE)('the pattern %s', (written) => {
  it.each(Object.keys(BODIES))('comes to an end over the longest body, of %s', (name) => {
    expect(typeof finds(written, BODIES[name] ?? '')).toBe('boolean');
  });
});
