/**
 * What lint holds. Above all the walls: which folder may import which, and which package has one place. The order of the
 * control plane's folders is printed in control-plane/README.md; `test/architecture/walls.test.ts` compares the two and
 * walks into every wall.
 */
import { defineConfig, type OxlintOverride } from 'oxlint';

/**
 * The layers of the control plane, lowest first: what each folder, or file beside the folders, imports of the others.
 * Nothing stands above what it imports, so no two folders import each other.
 */
const CONTROL_PLANE: readonly (readonly [name: string, imports: readonly string[]])[] = [
  ['start-failure.ts', []],
  ['version.ts', []],
  ['domain', []],
  ['config', []],
  ['sessions', []],
  ['broadcast', ['domain']],
  ['event-log', ['domain']],
  ['fleet', ['domain', 'event-log']],
  ['health-checks', ['config', 'domain']],
  ['workers', ['config', 'event-log', 'start-failure.ts']],
  ['documents', ['domain', 'workers']],
  ['hindsight', ['documents', 'domain', 'event-log']],
  [
    'control-port.ts',
    ['config', 'domain', 'event-log', 'fleet', 'health-checks', 'hindsight', 'sessions', 'workers'],
  ],
  ['metrics', ['control-port.ts', 'domain', 'event-log', 'workers']],
  [
    'runtime',
    [
      'broadcast',
      'config',
      'control-port.ts',
      'domain',
      'event-log',
      'fleet',
      'health-checks',
      'hindsight',
      'metrics',
      'sessions',
      'start-failure.ts',
      'workers',
    ],
  ],
  ['admin', ['config', 'control-port.ts', 'documents', 'domain', 'event-log', 'hindsight', 'workers']],
  ['cli', ['config', 'documents', 'domain', 'serve.ts', 'version.ts']],
];

/** Packages of which only one place knows, so that they can be replaced there. */
const RESERVED: Readonly<Record<string, readonly string[]>> = {
  '@fastify/**': ['control-plane/admin'],
  commander: ['control-plane/cli'],
  fastify: ['control-plane/admin'],
  'http-proxy-3': ['data-plane/compat'],
  ioredis: ['shared/platform/redis-*.ts'],
  'node:cluster': ['control-plane/workers', 'data-plane/main.ts'],
  'node:sqlite': ['control-plane/event-log'],
  'prom-client': ['control-plane/metrics'],
  re2js: ['control-plane/config'],
  yaml: ['control-plane/config'],
  zod: ['control-plane/config', 'control-plane/admin'],
};

interface Pattern {
  readonly group?: string[];
  readonly regex?: string;
  readonly message: string;
}

const OTHER_PLANE: Pattern = {
  regex: '^(\\.\\./)+(control-plane|data-plane|shared|test)/',
  message: 'The planes know only `#shared/`, and none knows a test.',
};

const IMPURE: readonly Pattern[] = [
  { regex: '^[^.#]', message: 'Pure code imports no package and no module of Node.' },
  {
    regex: '^(#shared|\\.{1,2})/platform/',
    message: 'Pure code has no platform: take what it needs as an argument.',
  },
];

const ALIAS: Pattern = {
  regex: '^#shared/',
  message:
    'Within `shared/` a path is relative, because lint does not see circles that go through the alias.',
};

/** The rule for the files of one place. The last wall around a file is the one that holds. */
function wall(place: string, patterns: readonly Pattern[]): OxlintOverride {
  const reserved = Object.entries(RESERVED).flatMap(([name, places]) =>
    places.includes(place)
      ? []
      : [{ group: [name], message: `Only ${places.join(', ')} knows this package.` }],
  );
  return {
    files: [place.endsWith('.ts') ? place : `${place}/*.ts`],
    rules: { 'eslint/no-restricted-imports': ['error', { patterns: [...patterns, ...reserved] }] },
  };
}

function layer([name, imports]: (typeof CONTROL_PLANE)[number]): OxlintOverride {
  const isFile = name.endsWith('.ts');
  const up = isFile ? '.' : '..';
  const open = imports.map((other) =>
    other.endsWith('.ts') ? `!${up}/${other.replace(/\.ts$/, '.js')}` : `!${up}/${other}/**`,
  );
  const group = [...(isFile ? ['../**'] : []), `${up}/**`, ...open];
  const message = `In the order of the folders (control-plane/README.md) ${name} does not know this one.`;
  return wall(`control-plane/${name}`, [{ group, message }, ...(name === 'domain' ? IMPURE : [])]);
}

/** A project without I/O, clock and randomness; `depth`: how far below its root the files are. */
function pure(place: string, depth: number, ...more: readonly Pattern[]): OxlintOverride {
  const message = 'Pure code imports nothing but its own project and `#shared/`.';
  return wall(place, [{ regex: `^(\\.\\./){${depth + 1}}`, message }, ...IMPURE, ...more]);
}

/** Folders without I/O, clock and randomness. Their own tsconfig.json keeps the globals of Node out. */
const PURE = ['shared', 'control-plane/domain', 'data-plane/routing', 'data-plane/http1/wire'];

const DATA_PLANE = ['data-plane/**', 'data-plane/compat', 'data-plane/main.ts'];

const NO_SLEEP =
  'Wait for a condition (support/wait-until). A peer that is slow on purpose has its pace from support/slow-peer.';

/**
 * Words that other ones took the place of: a request waits for a slot in a queue, a session has a binding, our own answer is
 * a reply, arguments are options or deps. The engines have their own words until they are one.
 */
const RETIRED =
  'want hasRoom waitForRoom standingOf affinity localAnswer lastAnswer drained surroundings Standing Subject keeper'.split(
    ' ',
  );

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import'],
  categories: { correctness: 'error', suspicious: 'off' },
  ignorePatterns: ['dist', 'node_modules'],
  rules: {
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/await-thenable': 'error',
    'eslint/curly': ['error', 'multi-line'],
    'eslint/eqeqeq': 'error',
    'eslint/no-empty': 'error',
    'eslint/prefer-const': 'error',
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'import/no-default-export': 'error',
    'import/no-duplicates': ['error', { preferInline: true }],
  },
  overrides: [
    wall('control-plane/**', [OTHER_PLANE]),
    ...CONTROL_PLANE.map(layer),
    ...DATA_PLANE.map((place) => wall(place, [OTHER_PLANE])),
    pure('shared', 0, ALIAS),
    pure('shared/*', 1, ALIAS),
    pure('data-plane/routing', 0),
    pure('data-plane/routing/*', 1),
    pure('data-plane/http1/wire', 0),
    ...['shared/platform', 'shared/platform/redis-*.ts'].map((place) =>
      wall(place, [{ group: ['../../**'], message: 'The platform knows `shared/` alone.' }]),
    ),
    {
      files: PURE.map((folder) => `${folder}/**/*.ts`),
      excludeFiles: ['shared/platform/**', 'control-plane/domain/iso-time.ts'],
      rules: {
        'eslint/no-restricted-globals': [
          'error',
          {
            name: 'Date',
            message: 'Pure code is told the time: take `at` as an argument, show it by `isoTime`.',
          },
        ],
        'eslint/no-restricted-properties': [
          'error',
          {
            object: 'Math',
            property: 'random',
            message: 'Pure code is told its randomness: take `random`.',
          },
        ],
      },
    },
    {
      files: ['shared/**/*.ts', 'control-plane/**/*.ts', 'data-plane/**/*.ts'],
      excludeFiles: ['data-plane/{compat,http1,http2}/**'],
      rules: { 'eslint/id-denylist': ['error', ...RETIRED] },
    },
    { files: ['test/**/*.ts'], rules: { 'typescript/no-non-null-assertion': 'off' } },
    {
      files: ['test/{architecture,contract,e2e,integration,property,simulation,unit}/**/*.ts'],
      rules: {
        'eslint/no-restricted-globals': [
          'error',
          { name: 'setTimeout', message: NO_SLEEP },
          { name: 'setInterval', message: NO_SLEEP },
        ],
        'eslint/no-restricted-imports': [
          'error',
          {
            paths: [
              {
                name: 'node:timers/promises',
                importNames: ['setTimeout', 'setInterval', 'scheduler'],
                message: NO_SLEEP,
              },
            ],
          },
        ],
      },
    },
    { files: ['oxlint.config.ts'], rules: { 'import/no-default-export': 'off' } },
  ],
});
