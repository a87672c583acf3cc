/**
 * The walls of the house, tried by walking into them: the repository's own compiler and linter settings, with a small
 * tree of sources that break the rules, each in a file of its own.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../support/source-tree.js';
import { useTempDirs } from '../support/temp-dir.js';

const PROJECTS: readonly string[] = (
  JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')) as { references: { path: string }[] }
).references.map(({ path }) => path);

const PURE = ['shared', 'control-plane/domain', 'data-plane/routing', 'data-plane/http1/wire'];

/** Path of a file → its text. */
type Files = Readonly<Record<string, string>>;

const tempDir = useTempDirs();

/** The repository's settings, and the files given. */
function treeWith(files: Files): string {
  const tree = tempDir();
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  for (const file of ['package.json', 'tsconfig.json', 'oxlint.config.ts']) {
    copyFileSync(join(ROOT, file), join(tree, file));
  }
  for (const project of PROJECTS) {
    mkdirSync(join(tree, project), { recursive: true });
    copyFileSync(join(ROOT, project, 'tsconfig.json'), join(tree, project, 'tsconfig.json'));
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), `${text}\n`);
  }
  return tree;
}

function run(
  tree: string,
  tool: string,
  ...args: readonly string[]
): { status: number | null; output: string } {
  const { status, stdout } = spawnSync(join(ROOT, 'node_modules/.bin', tool), args, {
    cwd: tree,
    encoding: 'utf8',
  });
  return { status, output: stdout };
}

interface Finding {
  readonly path: string;
  /** Rule, message and advice. */
  readonly text: string;
}

function lint(files: Files): readonly Finding[] {
  const { output } = run(treeWith(files), 'oxlint', '--deny-warnings', '--format', 'json');
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: readonly { filename: string; code: string; message: string; help?: string }[];
  };
  return diagnostics.map(({ filename, code, message, help }) => ({
    path: filename,
    text: `${code} ${message} ${help ?? ''}`,
  }));
}

/** A file and what it imports. */
type ImportList = readonly (readonly [path: string, specifier: string])[];

/** Those of the imports that lint refuses. */
function refused(imports: ImportList): ImportList {
  const texts: Record<string, string> = {};
  for (const [path, specifier] of imports) texts[path] = `${texts[path] ?? ''}import '${specifier}';\n`;
  const findings = lint(texts).map(
    ({ path, text }) => `${path} ${/^eslint\(no-restricted-imports\) '(.+?)'/.exec(text)?.[1] ?? ''}`,
  );
  return imports.filter(([path, specifier]) => findings.includes(`${path} ${specifier}`));
}

describe('lint', () => {
  it('stops every import across a wall', () => {
    const wrong: ImportList = [
      ['control-plane/serve.ts', '../data-plane/sound.js'],
      ['control-plane/config/a.ts', '../../data-plane/routing/sound.js'],
      ['control-plane/domain/a.ts', '../../shared/sound.js'],
      ['control-plane/domain/a.ts', 'yaml'],
      ['control-plane/domain/a.ts', '#shared/platform/sound.js'],
      ['control-plane/domain/a.ts', 'node:fs'],
      ['control-plane/runtime/a.ts', '../../test/support/sound.js'],
      ['control-plane/runtime/a.ts', 'node:sqlite'],
      ['control-plane/runtime/a.ts', 'node:cluster'],
      ['control-plane/runtime/a.ts', 'prom-client'],
      ['control-plane/runtime/a.ts', 'fastify'],
      ['control-plane/runtime/a.ts', '@fastify/swagger'],
      ['control-plane/runtime/a.ts', 'yaml'],
      ['control-plane/runtime/a.ts', 'zod'],
      ['control-plane/runtime/a.ts', 'commander'],
      ['control-plane/open-primary.ts', 'fastify'],
      ['data-plane/a.ts', '../control-plane/sound.js'],
      ['data-plane/a.ts', '../control-plane/domain/sound.js'],
      ['data-plane/a.ts', 'node:cluster'],
      ['data-plane/http1/a.ts', '../../test/sound.js'],
      ['data-plane/http1/a.ts', 'http-proxy-3'],
      ['data-plane/http1/wire/a.ts', '../sound.js'],
      ['data-plane/http1/wire/a.ts', '#shared/platform/sound.js'],
      ['data-plane/http1/wire/a.ts', 'node:buffer'],
      ['data-plane/routing/a.ts', '../sound.js'],
      ['data-plane/routing/a.ts', 'ipaddr.js'],
      ['data-plane/routing/algorithms/a.ts', '../../sound.js'],
      ['data-plane/routing/algorithms/a.ts', 'node:os'],
      ['shared/a.ts', '../control-plane/domain/sound.js'],
      ['shared/a.ts', './platform/sound.js'],
      ['shared/a.ts', '#shared/sound.js'],
      ['shared/a.ts', 'zod'],
      ['shared/settings/a.ts', '../../data-plane/sound.js'],
      ['shared/settings/a.ts', '../platform/sound.js'],
      ['shared/settings/a.ts', 'node:net'],
      ['shared/settings/a.ts', 'zod'],
      ['shared/settings/a.ts', '@fastify/swagger'],
      ['shared/platform/a.ts', '../../control-plane/sound.js'],
      ['shared/platform/a.ts', 'ioredis'],
      ['shared/platform/redis-a.ts', '../../data-plane/sound.js'],
      ['control-plane/runtime/a.ts', 'ioredis'],
      ['data-plane/sessions/a.ts', 'ioredis'],
    ];
    expect(refused(wrong)).toEqual(wrong);
  });

  it('lets pass what keeps to its side', () => {
    const right: ImportList = [
      ['control-plane/serve.ts', './admin/sound.js'],
      ['control-plane/domain/a.ts', '#shared/sound.js'],
      ['control-plane/event-log/a.ts', 'node:sqlite'],
      ['control-plane/workers/a.ts', 'node:cluster'],
      ['control-plane/runtime/a.ts', '#shared/platform/sound.js'],
      ['data-plane/main.ts', 'node:cluster'],
      ['data-plane/a.ts', './http1/wire/sound.js'],
      ['data-plane/compat/a.ts', 'http-proxy-3'],
      ['data-plane/routing/algorithms/a.ts', '../sound.js'],
      ['shared/settings/a.ts', '../ids.js'],
      ['shared/platform/a.ts', '../ports.js'],
      ['shared/platform/a.ts', 'pino'],
      ['shared/platform/redis-a.ts', 'ioredis'],
    ];
    expect(refused(right)).toEqual([]);
  });

  it('holds the order of the folders that the README of the control plane prints', () => {
    const rows = orderInReadme();
    const all = rows.flatMap(({ name, imports }) =>
      rows
        .filter((other) => other.name !== name)
        .map((other) => ({ name, other: other.name, isAllowed: imports.includes(other.name) })),
    );
    const asImport = ({ name, other }: (typeof all)[number]): readonly [string, string] => {
      const target = other.endsWith('.ts') ? other.replace(/ts$/, 'js') : `${other}/sound.js`;
      return name.endsWith('.ts')
        ? [`control-plane/${name}`, `./${target}`]
        : [`control-plane/${name}/a.ts`, `../${target}`];
    };
    expect(refused(all.map(asImport))).toEqual(all.filter(({ isAllowed }) => !isAllowed).map(asImport));
  });

  it('stops an import of types, and one that is made when it is needed', () => {
    const findings = lint({
      'control-plane/metrics/a.ts': `import type { P } from '../runtime/primary.js';\nexport type Q = P;`,
      'control-plane/metrics/b.ts': `export const later = () => import('../runtime/primary.js');`,
    });
    expect(findings.map(({ path }) => path).toSorted()).toEqual([
      'control-plane/metrics/a.ts',
      'control-plane/metrics/b.ts',
    ]);
  });

  it('stops files that import each other, types included', () => {
    const findings = lint({
      'shared/a.ts': `import type { B } from './b.js';\nexport type A = B | null;`,
      'shared/b.ts': `import type { C } from './c.js';\nexport type B = C | null;`,
      'shared/c.ts': `import type { A } from './a.js';\nexport type C = A | null;`,
      'shared/d.ts': `import type { A } from './a.js';\nexport type D = A | null;`,
    });
    expect(findings.map(({ path }) => path).toSorted()).toEqual([
      'shared/a.ts',
      'shared/b.ts',
      'shared/c.ts',
    ]);
    for (const { text } of findings) expect(text).toContain('import(no-cycle)');
  });

  it('keeps the clock and chance out of pure code', () => {
    const texts = ['Date.now()', 'new Date()', 'Math.random()'];
    const files = Object.fromEntries(
      PURE.flatMap((folder) =>
        texts.map((text, index) => [`${folder}/probe-${index}.ts`, `export const x = ${text};`]),
      ),
    );
    const findings = lint(files);
    expect(findings.map(({ path }) => path).toSorted()).toEqual(Object.keys(files).toSorted());
    for (const { text } of findings) expect(text).toContain('Pure code is told');
  });

  it('stops sleeps in tests', () => {
    const files = {
      'test/e2e/a.ts': `export { setTimeout } from 'node:timers/promises';`,
      'test/unit/a.ts': 'export const x = setTimeout(() => 1, 1);',
    };
    const findings = lint(files);
    expect(findings.map(({ path }) => path).toSorted()).toEqual(Object.keys(files));
    for (const { text } of findings) expect(text).toContain('Wait for a condition');
  });
});

describe('the order of the folders', () => {
  it('names every folder of the control plane', () => {
    const folders = readdirSync(join(ROOT, 'control-plane'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(folders.filter((folder) => !orderInReadme().some(({ name }) => name === folder))).toEqual([]);
  });

  it('goes one way', () => {
    const rows = orderInReadme();
    const wrong = rows.flatMap(({ name, imports }, index) =>
      imports
        .filter((other) => rows.findIndex((row) => row.name === other) >= index)
        .map((other) => [name, other]),
    );
    expect(wrong).toEqual([]);
  });
});

/** The table “Who may import whom”. */
function orderInReadme(): readonly { readonly name: string; readonly imports: readonly string[] }[] {
  const readme = readFileSync(join(ROOT, 'control-plane/README.md'), 'utf8');
  const [section = ''] = readme.slice(readme.indexOf('## Who may import whom')).split(/\n## /);
  return [...section.matchAll(/^\| `([a-z-]+(?:\.ts)?)` +\|[^|]*\|([^|]*)\|$/gm)].map(
    ([, name = '', imports = '']) => ({
      name,
      imports: [...imports.matchAll(/`([^`]+)`/g)].map(([, other = '']) => other),
    }),
  );
}

describe('the compiler', () => {
  /** Builds the files given, and a sound one per project, so that all projects have something to build. */
  function build(files: Files): { status: number | null; output: string } {
    const sound = PROJECTS.map((project) => [`${project}/sound.ts`, 'export const sound = 1;']);
    return run(treeWith({ ...Object.fromEntries(sound), ...files }), 'tsc', '-b');
  }

  it('lets pass what keeps to its side', () => {
    const files = {
      'control-plane/domain/a.ts': `import { sound } from '#shared/sound.js';\nexport const a = sound;`,
      'control-plane/b.ts': `import { a } from './domain/a.js';\nimport '#shared/platform/sound.js';\nsetTimeout(() => a, process.pid);`,
      'data-plane/c.ts': `export { sound } from './http1/wire/sound.js';`,
    };
    expect(build(files)).toEqual({ status: 0, output: '' });
  });

  // In two builds, because what needs a broken project is not built.
  it.each([
    ['the vocabulary', ['shared']],
    ['the domain, routing and wire', PURE.filter((project) => project !== 'shared')],
  ])(
    'keeps timers, the process and modules of Node out of %s',
    (_name, projects) => {
      const probes = Object.fromEntries(
        projects.flatMap((project) => [
          [`${project}/timer.ts`, 'export const x = setTimeout(() => 1, 1);'],
          [`${project}/environment.ts`, 'export const x = process.env;'],
          [`${project}/console.ts`, `console.log('x');\nexport {};`],
          [`${project}/module.ts`, `export { readFileSync } from 'node:fs';`],
          [`${project}/network.ts`, `export const x = fetch('http://localhost');`],
        ]),
      );
      const { output } = build(probes);
      for (const path of Object.keys(probes)) {
        expect(output).toMatch(new RegExp(`${path}.*TS(2304|2307|2580|2584|2591)`));
      }
    },
    30_000,
  );
});
