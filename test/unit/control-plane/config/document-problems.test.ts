import { B, type ProblemCase, problemsOf, tellsEachProblem } from '../../../support/config-problems.js';

const DURATION = 'expected a duration such as 30s';
const UNIT = `${DURATION}: a number needs a unit (ms, s, m, h, d)`;
const NAME = 'expected a name of 1 to 64 characters A-Z a-z 0-9 . _ - that begins with a letter or digit';

const documents: readonly ProblemCase[] = [
  [
    'a key that is not given',
    `${B}journal: {? : 1}\n`,
    'f.yaml:2:13: journal.null: unknown key; expected one of retention, max_size, keep_events',
  ],
  [
    'a list that holds itself',
    'backends: &x [*x]\n',
    `f.yaml:1:15: backends${'.0'.repeat(32)}: nested too deeply`,
    'f.yaml:1:15: backends.0: expected a mapping of settings',
  ],
  [
    'a key with a line break',
    `${B}log: {"x\\ny": 1}\n`,
    'f.yaml:2:7: log.x\\ny: unknown key; expected one of level, format, access, access_sample_ratio',
  ],
  [
    'a document that is a variable not set',
    '${ALL}\n',
    'f.yaml:1:1: environment variable ALL is not set; ${ALL:-…} gives a default',
  ],
  ['empty', '', 'f.yaml:1:1: expected settings, but the file is empty'],
  ['only a comment', '# nothing\n', 'f.yaml:1:1: expected settings, but the file is empty'],
  ['a list', '- a\n', 'f.yaml:1:1: expected a mapping of settings such as "listen:"'],
  ['a scalar', '\n hello\n', 'f.yaml:2:2: expected a mapping of settings such as "listen:"'],
  [
    'a tab as indentation',
    `listen:\n\tport: 1\n${B}`,
    'f.yaml:2:1: expected spaces: YAML does not allow tabs as indentation',
  ],
  ['two documents', `${B}---\n${B}`, 'f.yaml:2:1: expected one document: remove this --- line'],
  [
    'an unclosed list',
    'backends: [',
    'f.yaml:1:12: expected a closing bracket before this: one that was opened above, { or [, is still open',
  ],
  [
    'an unclosed mapping',
    'listen: { port: 1\nworkers: 2\n',
    'f.yaml:2:1: expected a closing bracket before this: one that was opened above, { or [, is still open',
  ],
  [
    'a nested mapping in one line',
    'a: b: c',
    'f.yaml:1:4: expected one key and its value on a line, indented like the lines beside it; text with ": " in it needs quotes',
  ],
  [
    'a key without a colon',
    'workers 1\nlisten: { port: 1 }\n',
    'f.yaml:1:1: expected "key: value": is a colon missing in this line?',
  ],
  [
    'a last key without a colon',
    'workers: 1\nlisten\n',
    'f.yaml:2:1: expected "key: value": is a colon missing in this line?',
  ],
  [
    'a text without its end',
    'data_dir: "x\nworkers: 1\n',
    'f.yaml:3:1: expected a closing " before this: a text that begins above is not ended',
  ],
  [
    'a reserved character',
    '@a: 1',
    'f.yaml:1:1: expected quotes around text that begins with a special character',
  ],
  ['an unknown tag', `${B}workers: !many 3\n`, 'f.yaml:2:10: Unresolved tag: !many'],
  [
    'an alias without anchor',
    'backends: *b\n',
    'f.yaml:1:11: backends: expected an anchor &b before this alias',
  ],
  [
    'a key given twice',
    `${B}workers: 1\nworkers: 2\n`,
    'f.yaml:3:1: workers: this key is given twice, first at 2:1',
  ],
  [
    'an inner key given twice',
    `${B}listen: {port: 1, host: "::", port: 2}\n`,
    'f.yaml:2:31: listen.port: this key is given twice, first at 2:10',
  ],
  [
    'a merge key',
    `${B}log: &l {}\nlisten: {<<: *l}\n`,
    'f.yaml:3:10: listen: merge keys (<<) are not supported: write the settings out',
  ],
  ['a mapping as key', `${B}? {a: 1}\n: 2\n`, 'f.yaml:2:3: expected a plain text as key'],
  ['__proto__ as key', `${B}listen: {__proto__: 1}\n`, 'f.yaml:2:10: listen: expected a plain text as key'],
  [
    'a variable in braces without quotes',
    `${B}listen: {port: \${PORT}}\n`,
    'f.yaml:2:17: expected quotes around ${…} inside { } or [ ]',
  ],
  [
    'a byte order mark and CRLF',
    '\uFEFFworkers: 0\r\nbackends: 5\r\n',
    'f.yaml:1:10: workers: expected a whole number from 1 to 256',
    'f.yaml:2:11: backends: expected a list',
  ],
  ['too large', `${B}#${' '.repeat(1_048_576)}`, 'f.yaml:1:1: expected a file of at most 1048576 bytes'],
];

const forms: readonly ProblemCase[] = [
  ['neither form', 'workers: 1\n', 'f.yaml:1:1: backends: expected backends, or pools'],
  [
    'both forms',
    `${B}pools: {a: {backends: []}}\n`,
    'f.yaml:1:1: backends: expected inside a pool: a file with pools has no pool keys at its top level',
  ],
  [
    'an algorithm beside pools',
    'pools: {a: {backends: []}}\nalgorithm: random\n',
    'f.yaml:2:1: algorithm: expected inside a pool: a file with pools has no pool keys at its top level',
  ],
  ['routes without pools', `${B}routes: []\n`, 'f.yaml:2:1: routes: expected only together with pools'],
  ['pools without entry', 'pools: {}\n', 'f.yaml:1:8: pools: expected at least one pool'],
  ['pools as a list', 'pools: []\n', 'f.yaml:1:8: pools: expected a mapping of settings'],
  ['a pool without backends', 'pools:\n  a: {}\n', 'f.yaml:2:3: pools.a.backends: this setting is required'],
  ['a bad pool name', 'pools:\n  "a b": {backends: []}\n', `f.yaml:2:3: pools.a b: ${NAME}`],
  [
    'several pools without routes',
    'pools: {a: {backends: []}, b: {backends: []}}\n',
    'f.yaml:1:1: pools: expected routes: there are several pools',
  ],
  [
    'several pools with empty routes',
    'pools: {a: {backends: []}, b: {backends: []}}\nroutes: []\n',
    'f.yaml:2:1: routes: expected routes: there are several pools',
  ],
  ['a key unknown', `${B}wrkers: 1\n`, 'f.yaml:2:1: wrkers: unknown key; did you mean workers?'],
  ['two letters swapped', `${B}lisetn: {}\n`, 'f.yaml:2:1: lisetn: unknown key; did you mean listen?'],
  [
    'a hyphen for an underscore',
    `${B}health-check: {}\n`,
    'f.yaml:2:1: health-check: unknown key; did you mean health_check?',
  ],
  [
    'an inner key unknown',
    `${B}journal: {zzz: 1}\n`,
    'f.yaml:2:11: journal.zzz: unknown key; expected one of retention, max_size, keep_events',
  ],
];

const FORMS = '${NAME}, ${NAME:-default} or ${NAME:?message}';

const variables: readonly ProblemCase[] = [
  [
    'a variable not set',
    `${B}workers: \${N}\n`,
    'f.yaml:2:10: workers: environment variable N is not set; ${N:-…} gives a default',
  ],
  [
    'a variable with a message',
    `${B}workers: \${N:?say how many}\n`,
    'f.yaml:2:10: workers: environment variable N is not set: say how many',
  ],
  [
    'a variable without message',
    `${B}workers: \${N:?}\n`,
    'f.yaml:2:10: workers: environment variable N is not set',
  ],
  ['a bad name', `${B}data_dir: \${1N}\n`, `f.yaml:2:11: data_dir: expected ${FORMS} ($$ for a dollar sign)`],
  [
    'an unknown operator',
    `${B}data_dir: \${N:=5}\n`,
    `f.yaml:2:11: data_dir: expected ${FORMS} ($$ for a dollar sign)`,
  ],
  [
    'one in another',
    `${B}data_dir: \${A:-\${B}}\n`,
    `f.yaml:2:11: data_dir: expected ${FORMS} ($$ for a dollar sign)`,
  ],
  ['one not closed', `${B}data_dir: x\${N\n`, `f.yaml:2:11: data_dir: expected a closing } in ${FORMS}`],
  [
    'a value out of range',
    `${B}workers: \${MANY}\n`,
    'f.yaml:2:10: workers: expected a whole number from 1 to 256',
  ],
  [
    'a value that looks like YAML',
    `${B}listen: \${YAML}\n`,
    'f.yaml:2:9: listen: expected a mapping of settings',
  ],
];

describe('a file that is not a configuration is told why, with the place', () => tellsEachProblem(documents));

describe('a file in neither form is told why, with the place', () => tellsEachProblem(forms));

describe('a variable that cannot be used is told why, with the place', () =>
  tellsEachProblem(variables, { MANY: '1000', YAML: '{port: 1}' }));

describe('a configuration with many problems', () => {
  it('is told all of them at once, in the order of the file', () => {
    const file = 'workers: 0\nbackends:\n  - {id: a}\nlog: {levle: info}\nhealth_check: {timeout: 9}\n';
    expect(problemsOf(file)).toEqual([
      'f.yaml:1:10: workers: expected a whole number from 1 to 256',
      'f.yaml:3:5: backends.0.url: this setting is required',
      'f.yaml:4:7: log.levle: unknown key; did you mean level?',
      `f.yaml:5:25: health_check.timeout: ${UNIT}`,
    ]);
  });

  it('is told the first hundred', () => {
    const file = `backends:\n${'  - {}\n'.repeat(80)}`;
    const problems = problemsOf(file);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe('f.yaml:51:5: there are more problems than these');
  });

  it('is told that aliases multiply beyond measure, and quickly', () => {
    const levels = Array.from({ length: 9 }, (_, n) => `k${n + 1}: &k${n + 1} [${`*k${n}, `.repeat(9)}]`);
    expect(problemsOf(`k0: &k0 [x]\n${levels.join('\n')}\n`)).toContainEqual(
      expect.stringContaining('expected at most 100 aliases'),
    );
  });

  it('is told that there are too many values', () => {
    const file = `trusted_proxies: [${'1,'.repeat(100_001)}]\n`;
    expect(problemsOf(file)).toEqual(['f.yaml:1:1: expected at most 100000 values, aliases counted']);
  });

  it.each(['[', '{a: ', '- '])('is told that %s is nested beyond what can be parsed', (open) => {
    expect(problemsOf(open.repeat(100_000))).toEqual([
      expect.stringMatching(/^f\.yaml:1:\d+: nested too deeply$/),
    ]);
  });

  it('is told that it is nested beyond what settings need', () => {
    expect(problemsOf(`backends: ${'['.repeat(40)}${']'.repeat(40)}\n`)).toContainEqual(
      expect.stringMatching(/nested too deeply$/),
    );
  });
});
