import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOCAL_REPLIES } from '../../shared/error-code.js';
import { ROOT } from '../support/source-tree.js';

/** Rows of README's table: `| `code` | status | meaning |`. */
function documented(): readonly (readonly string[])[] {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const table = /<!-- error-codes -->\n([^]*?)<!-- \/error-codes -->/.exec(readme)?.[1] ?? '';
  return [...table.matchAll(/^\| *`([a-z_]+)` *\| *(\d+) *\| *(.+?) *\|$/gm)].map((row) => row.slice(1));
}

describe('the error codes in README', () => {
  it('are those of the code, with status and meaning', () => {
    const coded = Object.entries(LOCAL_REPLIES).map(([code, { status, meaning }]) => [
      code,
      String(status),
      meaning,
    ]);
    expect(documented()).toEqual(coded);
  });
});
