import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { knownKeys, configJsonSchema } from '../../control-plane/config/json-schema.js';
import { parseConfig } from '../../control-plane/config/parse-config.js';

const EXAMPLES = ['tidegate.example.yaml', 'tidegate.pools.example.yaml'].map((name) =>
  readFileSync(new URL(`../../infra/${name}`, import.meta.url), 'utf8'),
);

/** Whatever the text: an answer, and problems that point into the file and say something. */
function answersWell(text: string): void {
  const result = parseConfig(text, 'f.yaml', { HOME: '/home/x' }, 2);
  const told = result.ok ? result.warnings : result.problems;
  if (!result.ok) expect(told.length).toBeGreaterThan(0);
  const lines = text.split(/\r\n|\n|\r/).length;
  for (const { line, col, message } of told) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(col).toBeGreaterThanOrEqual(1);
    expect(message).not.toBe('');
  }
}

const key = fc.oneof(
  fc.constantFrom(
    ...knownKeys(configJsonSchema(), []),
    'enabled',
    'type',
    'id',
    'url',
    'weight',
    'port',
    'timeout',
    'interval',
  ),
  fc.string({ maxLength: 6 }),
);
const leaf = fc.oneof(
  fc.constantFrom(
    '30s',
    '64KiB',
    '10%',
    '2xx',
    '${HOME}',
    '${X:-1}',
    '${',
    '$$',
    'http://a:1',
    '/x',
    'round-robin',
    'cookie',
  ),
  fc.string({ maxLength: 8 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
  ),
}));

interface Mutation {
  readonly example: number;
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  example: fc.nat({ max: EXAMPLES.length - 1 }),
  at: fc.nat({ max: 2_500 }),
  remove: fc.nat({ max: 30 }),
  insert: fc.oneof(
    fc.constantFrom(
      '',
      '\t',
      '\n',
      ': ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '*a',
      '&a ',
      '!!x ',
      '"',
      "'",
      '${',
      '\uFEFF',
      '\r\n',
      '---\n',
      '? ',
      '|\n',
      '\0',
    ),
    fc.string({ maxLength: 10 }),
  ),
});

describe('parsing a configuration answers with a value for every text', () => {
  it('any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), answersWell), { numRuns: 500 });
  });

  it('any YAML', () => {
    const document = fc.dictionary(key, tree, { minKeys: 1, maxKeys: 8 });
    fc.assert(
      fc.property(document, (value) => answersWell(stringify(value))),
      { numRuns: 500 },
    );
  });

  it('a valid file with parts cut out and put in', () => {
    const text = ({ example, at, remove, insert }: Mutation): string => {
      const whole = EXAMPLES[example]!;
      return whole.slice(0, at) + insert + whole.slice(at + remove);
    };
    fc.assert(
      fc.property(mutation, (change) => answersWell(text(change))),
      { numRuns: 500 },
    );
  });
});
