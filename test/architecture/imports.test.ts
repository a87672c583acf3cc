import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, isPure, parseSource, sourceFiles, walk, type SourceFile } from '../support/source-tree.js';

const files = sourceFiles();

/** What makes code wait, in a file that must not. */
function waitsOf(file: SourceFile): readonly string[] {
  const found: string[] = [];
  walk(file.module, (node) => {
    if (node['async'] === true) found.push('async');
    if (node['type'] === 'AwaitExpression') found.push('await');
    if (node['type'] === 'ForOfStatement' && Boolean(node['await'])) found.push('for await');
    const used =
      (node['type'] === 'NewExpression' ? node['callee'] : null) ??
      (node['type'] === 'MemberExpression' ? node['object'] : null);
    if ((used as { readonly value?: unknown } | null)?.value === 'Promise') found.push('Promise');
  });
  return found;
}

/** Whether a file exports code: a function, a class, or a constant that holds a function. */
function exportsCode(file: SourceFile): boolean {
  return file.module.body.some((item) => {
    if (item.type !== 'ExportDeclaration') return false;
    const { declaration } = item;
    if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') return true;
    if (declaration.type !== 'VariableDeclaration') return false;
    return declaration.declarations.some((one) => /^(Arrow)?FunctionExpression$/.test(one.init?.type ?? ''));
  });
}

function violations(check: (file: SourceFile) => readonly string[]): readonly string[] {
  return files.flatMap((file) => check(file).map((problem) => `${file.path}: ${problem}`));
}

describe('imports', () => {
  it('are found at all', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(100);
  });

  it('of the command line are few until a command needs more, so that it starts fast', () => {
    const byTarget = new Map(files.map((file) => [file.path.replace(/\.tsx?$/, ''), file]));
    const reached = new Set(['control-plane/cli/command-line']);
    const packages = new Set<string>();
    for (const target of reached) {
      for (const found of byTarget.get(target)?.imports ?? []) {
        if (found.typeOnly || found.deferred) continue;
        if (byTarget.has(found.target)) reached.add(found.target);
        else if (!found.specifier.startsWith('node:')) packages.add(found.specifier);
      }
    }
    expect([...packages].toSorted()).toEqual(['commander', 'ipaddr.js']);
  });
});

describe('pure files', () => {
  it('never wait', () => {
    expect(violations((file) => (isPure(file.path) ? waitsOf(file) : []))).toEqual([]);
  });

  it('each have a unit test if they export code', () => {
    const untested = files
      .filter((file) => isPure(file.path) && exportsCode(file))
      // Declarations of settings are tried as the file is read: control-plane/config/*.test.ts.
      .filter((file) => !file.path.startsWith('shared/settings/'))
      .map((file) => `test/unit/${file.path.replace(/\.ts$/, '.test.ts')}`)
      .filter((test) => !existsSync(join(ROOT, test)));
    expect(untested).toEqual([]);
  });
});

describe('names of files', () => {
  it('are kebab-case and say what the file holds', () => {
    const vague = files
      .map(({ path }) => path)
      .filter((path) =>
        path.split('/').some((part) => /^(index|utils?|helpers?|common|misc)(\.tsx?)?$/.test(part)),
      );
    expect(vague).toEqual([]);
    expect(files.map(({ path }) => path).filter((path) => !/^[a-z0-9/-]+\.tsx?$/.test(path))).toEqual([]);
  });
});

describe('these rules themselves', () => {
  it.each([
    'export async function f() {}',
    'const f = async () => 1;',
    'class A { async m() {} }',
    'for await (const x of y) z(x);',
    'await 1;',
    'new Promise(() => {});',
    'Promise.resolve(1);',
  ])('see that this waits: %s', (text) => {
    expect(waitsOf(parseSource('shared/x.ts', text))).not.toEqual([]);
  });

  it('let a type of a promise pass', () => {
    expect(waitsOf(parseSource('shared/x.ts', 'export interface S { f(): Promise<void> }'))).toEqual([]);
  });

  it.each([
    ['export function f() {}', true],
    ['export class A {}', true],
    ['export const f = () => 1;', true],
    ['export const LIMIT = 3;', false],
    ['export interface A { b: number }', false],
    ['export type A = 1;', false],
  ])('tell code from types: %s', (text, code) => {
    expect(exportsCode(parseSource('shared/x.ts', text))).toBe(code);
  });
});
