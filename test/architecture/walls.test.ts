/**
 * The walls between projects, tried by walking into them: the repository's own compiler and linter settings, with a
 * small tree of sources in which one file breaks one rule.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../support/source-tree.js';
import { useTempDirs } from '../support/temp-dir.js';

const PROJECTS: readonly string[] = (
  JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')) as { references: { path: string }[] }
).references.map(({ path }) => path);

const PURE = ['shared', 'control-plane/domain', 'data-plane/routing', 'data-plane/http1/wire'];

describe('the walls', () => {
  const tempDir = useTempDirs();

  /** The repository's settings around one small file per project, and the files given. */
  function treeWith(files: Readonly<Record<string, string>>): string {
    const tree = tempDir();
    for (const file of ['package.json', 'tsconfig.json', '.oxlintrc.json'])
      copyFileSync(join(ROOT, file), join(tree, file));
    symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
    for (const project of PROJECTS) {
      mkdirSync(join(tree, project), { recursive: true });
      copyFileSync(join(ROOT, project, 'tsconfig.json'), join(tree, project, 'tsconfig.json'));
      writeFileSync(join(tree, project, 'sound.ts'), 'export const sound = 1;\n');
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
  ): { readonly passed: boolean; readonly output: string } {
    const { status, stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin', tool), args, {
      cwd: tree,
      encoding: 'utf8',
    });
    return { passed: status === 0, output: stdout + stderr };
  }

  const build = (files: Readonly<Record<string, string>>) => run(treeWith(files), 'tsc', '-b');
  const lint = (files: Readonly<Record<string, string>>) =>
    run(treeWith(files), 'oxlint', '--deny-warnings', ...Object.keys(files));

  it('let pass what keeps to its side', () => {
    const files = {
      'control-plane/domain/a.ts': `import { sound } from '#shared/sound.js';\nexport const a = sound;`,
      'control-plane/b.ts': `import { a } from './domain/a.js';\nimport '#shared/platform/sound.js';\nsetTimeout(() => a, process.pid);`,
      'data-plane/c.ts': `export { sound } from './http1/wire/sound.js';`,
    };
    expect(build(files)).toEqual({ passed: true, output: '' });
    expect(lint(files)).toMatchObject({ passed: true });
  });

  it.each([
    ['the control plane', 'control-plane', '../data-plane/sound.js'],
    ['the control plane, to its pure part', 'control-plane', '../data-plane/routing/sound.js'],
    ['the data plane', 'data-plane', '../control-plane/sound.js'],
    ['the data plane, to the domain', 'data-plane', '../control-plane/domain/sound.js'],
    ['the domain, to its own shell', 'control-plane/domain', '../sound.js'],
    ['routing, to its own shell', 'data-plane/routing', '../sound.js'],
    ['the vocabulary', 'shared', '../control-plane/domain/sound.js'],
  ])(
    'stop an import across by %s',
    (_name, project, specifier) => {
      const { passed, output } = build({ [`${project}/probe.ts`]: `export { sound } from '${specifier}';` });
      expect(passed).toBe(false);
      expect(output).toMatch(/TS6307|TS6059/);
    },
    30_000,
  );

  it('stop an import of types alone', () => {
    const { passed, output } = build({
      'data-plane/types.ts': 'export interface T { readonly x: number }',
      'control-plane/probe.ts': `import type { T } from '../data-plane/types.js';\nexport const t: T = { x: 1 };`,
    });
    expect(passed).toBe(false);
    expect(output).toMatch(/TS6307|TS6059/);
  });

  it.each(PURE)(
    'keep timers, the process and modules of Node out of %s',
    (project) => {
      const probes = {
        [`${project}/timer.ts`]: 'export const x = setTimeout(() => 1, 1);',
        [`${project}/environment.ts`]: 'export const x = process.env;',
        [`${project}/console.ts`]: `console.log('x');\nexport {};`,
        [`${project}/module.ts`]: `export { readFileSync } from 'node:fs';`,
        [`${project}/network.ts`]: `export const x = fetch('http://localhost');`,
      };
      const { passed, output } = build(probes);
      expect(passed).toBe(false);
      for (const path of Object.keys(probes))
        expect(output).toMatch(new RegExp(`${path}.*TS(2304|2307|2580|2584|2591)`));
    },
    30_000,
  );

  it.each(PURE)(
    'keep the clock and chance out of %s',
    (project) => {
      for (const text of [
        'export const x = Date.now();',
        'export const x = new Date();',
        'export const x = Math.random();',
      ]) {
        expect(build({ [`${project}/probe.ts`]: text }).passed).toBe(true);
        expect(lint({ [`${project}/probe.ts`]: text })).toMatchObject({
          passed: false,
          output: expect.stringContaining('Pure code is told'),
        });
      }
    },
    60_000,
  );
});
