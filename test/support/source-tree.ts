/** The project's sources as tests of its architecture see them: read from disk, parsed by swc. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync, type Module } from '@swc/core';

export const ROOT = process.cwd();
/** Folders that hold the product's TypeScript. */
const SOURCE_FOLDERS = ['shared', 'control-plane', 'data-plane'];

export interface Import {
  /** As it is written. */
  readonly specifier: string;
  /** Path from the root without extension for a source file, else the specifier. */
  readonly target: string;
  readonly typeOnly: boolean;
  /** By `import()`, when it is needed. */
  readonly deferred: boolean;
}

export interface SourceText {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

export interface SourceFile extends SourceText {
  readonly imports: readonly Import[];
  readonly module: Module;
}

/** All source files, in order of their paths, as they are written. */
export function sourceTexts(): readonly SourceText[] {
  return SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path) && !path.split('/').includes('node_modules'))
      .map((path) => ({
        path: `${folder}/${path}`,
        text: readFileSync(join(ROOT, folder, path), 'utf8'),
      })),
  ).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** All source files, in order of their paths, parsed. */
export function sourceFiles(): readonly SourceFile[] {
  return sourceTexts().map(({ path, text }) => parseSource(path, text));
}

/** Whether a file belongs to a project without I/O, clock, randomness and waiting. */
export function isPure(path: string): boolean {
  return /^(shared\/(?!platform\/).+|control-plane\/domain\/.+|data-plane\/(routing|http1\/wire)\/.+)\.ts$/.test(
    path,
  );
}

/** Calls `visit` with each node of a syntax tree. */
export function walk(node: unknown, visit: (node: Readonly<Record<string, unknown>>) => void): void {
  if (Array.isArray(node)) {
    for (const element of node) walk(element, visit);
  } else if (typeof node === 'object' && node !== null) {
    visit(node as Record<string, unknown>);
    for (const value of Object.values(node)) walk(value, visit);
  }
}

export function parseSource(path: string, text: string): SourceFile {
  const module = parseSync(text, { syntax: 'typescript', tsx: path.endsWith('x'), target: 'es2023' });
  return { path, text, imports: importsOf(path, module), module };
}

function importsOf(path: string, module: Module): readonly Import[] {
  const found: Import[] = [];
  const add = (specifier: string, how: Pick<Import, 'typeOnly' | 'deferred'>): void => {
    found.push({ specifier, target: targetOf(path, specifier), ...how });
  };
  walk(module, (node) => {
    const source = node['source'] as { readonly value?: unknown } | null | undefined;
    if (typeof source?.value === 'string') {
      add(source.value, { typeOnly: node['typeOnly'] === true, deferred: false });
    }
    if (node['type'] !== 'CallExpression') return;
    const callee = node['callee'] as { readonly type: string };
    const [first] = node['arguments'] as readonly { readonly expression: { readonly value?: unknown } }[];
    if (callee.type === 'Import' && typeof first?.expression.value === 'string') {
      add(first.expression.value, { typeOnly: false, deferred: true });
    }
  });
  return found;
}

function targetOf(path: string, specifier: string): string {
  const bare = specifier.replace(/\.js$/, '');
  if (bare.startsWith('#shared/')) return bare.slice(1);
  if (!bare.startsWith('.')) return specifier;
  return relative(ROOT, resolve(ROOT, dirname(path), bare));
}

/** Files and folders of the repository, but what is made or installed. */
export function repositoryPaths(): readonly string[] {
  return ['shared', 'control-plane', 'data-plane', 'infra', 'test', '.'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: folder !== '.', encoding: 'utf8' }).map((path) =>
      folder === '.' ? path : `${folder}/${path}`,
    ),
  );
}
