import { explainProblem, formatProblem } from '../../../../control-plane/config/format-problem.js';
import { parseConfig } from '../../../../control-plane/config/parse-config.js';
import { B } from '../../../support/config-problems.js';

/** What is told of a file, with its lines. */
function told(text: string, env: Record<string, string> = {}): string[] {
  const result = parseConfig(text, 'f.yaml', env, 2);
  return result.ok ? [] : result.problems.map((problem) => explainProblem(problem, text));
}

describe('a problem says what was found beside what was expected', () => {
  const CASES: readonly (readonly [name: string, file: string, found: string])[] = [
    ['a number', `${B}workers: 999\n`, 'workers: found 999, expected a whole number from 1 to 256'],
    ['a word', 'algorithm: randm\nbackends: []\n', 'algorithm: found randm, expected one of round-robin'],
    ['quoted text', `${B}workers: "8 "\n`, 'workers: found "8 ", expected'],
    ['nothing', `${B}workers:\n`, 'workers: found nothing, expected'],
    ['a list', `${B}workers: [1]\n`, 'workers: found a list, expected'],
    ['a mapping', `${B}workers: { a: 1 }\n`, 'workers: found a mapping, expected'],
    ['text for a mapping', `${B}listen: 8080\n`, 'listen: found 8080, expected a mapping of settings'],
    ['an alias', `x: &a 1\n${B}workers: *b\n`, 'workers: expected an anchor &b before this alias'],
    ['several lines', `${B}data_dir: |\n  a\n  b\nworkers: |\n  1\n  2\n`, 'workers: found |…, expected'],
    ['long text', `${B}workers: ${'9'.repeat(99)}\n`, `workers: found ${'9'.repeat(40)}…, expected`],
  ];
  it.each(CASES)('%s', (_name, file, found) => {
    expect(told(file).join('\n')).toContain(`: ${found}`);
  });

  it('names variables, and never tells what they hold', () => {
    const [problem] = told(`${B}workers: \${SECRET}\n`, { SECRET: 'hunter2' });
    expect(problem).toContain('workers: found ${SECRET}, expected a whole number');
    const [, twice] = told(
      'backends:\n  - { id: "${A}", url: "http://a" }\n  - { id: "${A}", url: "${A}" }\n',
      { A: 'hunter2' },
    ).toReversed();
    expect(twice).toMatch(/found "\$\{A\}", this name is taken: backends\.0\.id at 2:\d+ has it/);
    expect([problem, twice].join()).not.toContain('hunter2');
  });

  it('has a hint for the words that other languages have for true and false', () => {
    const hint = /found (on|No|yes), expected true or false; in YAML 1\.2 \1 is text: write (true|false)\n/;
    for (const word of ['on', 'No', 'yes']) {
      expect(told(`${B}circuit_breaker: { enabled: ${word} }\n`)[0]).toMatch(hint);
    }
    expect(told(`${B}log: { access: true }\n`)[0]).toMatch(/found true, .*; did you mean on\?/);
  });

  it('names both places of what is there twice', () => {
    const text = 'backends:\n  - { id: web, url: "http://a" }\n  - { id: web, url: "http://b" }\n';
    expect(told(text)).toEqual([
      `f.yaml:3:11: backends.1.id: found web, this name is taken: backends.0.id at 2:11 has it
    3 |   - { id: web, url: "http://b" }
      |           ^^^`,
    ]);
  });
});

describe('the line of a problem', () => {
  it('is shown with a mark under the value, or under the key that is not known', () => {
    expect(told(`listen: { port: 99999 }\nworkrs: 2\n${B}`)).toEqual([
      `f.yaml:1:17: listen.port: found 99999, expected a whole number from 0 to 65535
    1 | listen: { port: 99999 }
      |                 ^^^^^`,
      `f.yaml:2:1: workrs: unknown key; did you mean workers?
    2 | workrs: 2
      | ^^^^^^`,
    ]);
  });

  it('is cut where it is long, with the mark in its place', () => {
    const [problem = ''] = told(`${B}listen: { ${' '.repeat(300)}port: 99999 }\n`);
    const [, line = '', mark = ''] = problem.split('\n');
    expect(line.length).toBeLessThanOrEqual(110);
    expect(line.indexOf('99999')).toBe(mark.indexOf('^^^^^'));
  });

  it('is in one line whatever it holds, and is left out where there is none', () => {
    const problem = {
      file: 'f.yaml',
      line: 2,
      col: 4,
      path: 'a',
      message: 'expected b',
      found: '\u001b[31m',
    };
    expect(explainProblem(problem, 'x\n\ty \u001b[31m')).toBe(
      'f.yaml:2:4: a: found \\u001b[31m, expected b\n    2 | \\ty \\u001b[31m\n      |     ^^^^^',
    );
    for (const text of [null, '', 'one line']) {
      expect(explainProblem(problem, text)).toBe(formatProblem(problem));
    }
  });
});
