/** Holds the documents to the sources: what they name and link to is there. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, repositoryPaths } from '../support/source-tree.js';

const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'control-plane/README.md',
  'data-plane/README.md',
  'shared/README.md',
  'test/README.md',
  'test/bench/README.md',
];

/** Files that are made when they are needed. */
const MADE = /^(dist|node_modules)\//;

const paths = repositoryPaths();

/** Documents leave out the folders that their reader is in. */
function isThere(name: string): boolean {
  return MADE.test(name) || paths.some((path) => path === name || path.endsWith(`/${name}`));
}

const textOf = (document: string): string => readFileSync(join(ROOT, document), 'utf8');

describe.each(DOCUMENTS)('%s', (document) => {
  const text = textOf(document);

  it('names files that are there', () => {
    const named = [...text.matchAll(/(?<![\w/.…*-])[\w-][\w./-]*\.(?:ts|cjs|sh)\b/g)].map(([name]) => name);
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  });

  it('names folders that are there', () => {
    const named = [...text.matchAll(/`(\w[\w/-]*)\/`/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  });

  it('links to what is there', () => {
    const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = '']) => target);
    expect(linked.filter((target) => !existsSync(join(ROOT, dirname(document), target)))).toEqual([]);
  });
});

it.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'data-plane/README.md'])(
  '%s has no table wider than 160 columns',
  (document) => {
    const lines = textOf(document).split('\n');
    expect(lines.filter((line) => line.startsWith('|') && line.length > 160)).toEqual([]);
  },
);

it('the protocol between primary and worker is told whole', () => {
  const types = [...textOf('shared/message.ts').matchAll(/readonly type: '([\w-]+)';/g)].map(
    ([, type]) => type,
  );
  const [, section = ''] = textOf('control-plane/README.md').split('## What primary and workers say');
  expect(types.length).toBeGreaterThan(10);
  expect(types.filter((type) => !section.includes(`\`${type}\``))).toEqual([]);
});

it.each(['control-plane', 'data-plane'])('the chart of %s names files by their whole path there', (plane) => {
  const [, chart = ''] = /```mermaid\n([^]*?)```/.exec(textOf(`${plane}/README.md`)) ?? [];
  const named = [...chart.matchAll(/[\w./-]+\.ts/g)].map(([name]) => name);
  expect(named.length).toBeGreaterThan(10);
  expect(
    named.filter((name) => !existsSync(join(ROOT, name)) && !existsSync(join(ROOT, plane, name))),
  ).toEqual([]);
});

it('README says of each package what it is for', () => {
  const {
    dependencies,
    devDependencies,
  }: Record<string, Record<string, string>> = JSON.parse(textOf('package.json'));
  const [, table = ''] = textOf('README.md').split('## Packages');
  const rows = [...table.matchAll(/^\| ([^|]+) \| [^|]+ \|$/gm)].map(([, names = '']) => names);
  const told = rows
    .join(', ')
    .replaceAll('_development:_', '')
    .split(/, */)
    .map((name) => name.trim());
  const isTold = (name: string): boolean =>
    told.some((one) => one === name || (one.endsWith('/*') && name.startsWith(one.slice(0, -1))));
  const packages = Object.keys({ ...dependencies, ...devDependencies });
  expect(packages.filter((name) => !isTold(name))).toEqual([]);
  expect(told.filter((one) => !/^-*$|^package$|\/\*$/.test(one) && !packages.includes(one))).toEqual([]);
});
