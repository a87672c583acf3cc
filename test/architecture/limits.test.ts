/** Holds the tables of limits in `data-plane/README.md` to the settings and constants that they are made of. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONSTANT_LIMITS, HTTP2_LIMITS } from '../../data-plane/reference/constants.js';
import { withLimits } from '../../data-plane/reference/limits-tables.js';
import { ROOT } from '../support/source-tree.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

it('the tables of limits are current (else: npm run generate)', () => {
  const page = read('data-plane/README.md');
  expect(page.match(/<!-- limits: \w+ -->/g)).toHaveLength(3);
  expect(withLimits(page)).toBe(page);
});

it('each limit that is a constant is in the file that its row names', () => {
  const source = read('data-plane/reference/constants.ts');
  const imported = [...source.matchAll(/from '\.\.\/(\S+)\.js'/g)].map(([, path]) => `${path}.ts`);
  const named = [...CONSTANT_LIMITS, ...HTTP2_LIMITS].map(({ file }) => file);
  expect([...new Set(named)].toSorted()).toEqual(imported.toSorted());
  expect(named.filter((file) => !existsSync(join(ROOT, 'data-plane', file)))).toEqual([]);
});
