/**
 * One word per concept: names that were retired do not come back. Lint holds single words (`RETIRED` in oxlint.config.ts); here
 * are the ends of type names, and the words that make up the names of files. The engines have their own words until they are one.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from '../support/source-tree.js';

const ENGINES = /^data-plane\/(?:compat|http1|http2)\//;

const FILES = globSync('{control-plane,data-plane,shared}/**/*.ts', { cwd: ROOT }).filter(
  (file) => !ENGINES.test(file),
);

/** Bags of arguments are `Options`, chosen by the caller, or `Deps`, given at wiring. */
const RETIRED_ENDS = /\b(?:interface|type|class) (\w*(?:Parts|Facts|Surroundings|Context))\b/g;

const ALLOWED: ReadonlySet<string> = new Set(['ProcessFacts']);

/** They do not tell what is in a file. */
const RETIRED_FILE_WORDS: ReadonlySet<string> = new Set(
  'want errand arrival conduct scratch desk keeper board book ordered room surroundings secrets'.split(' '),
);

describe('words', () => {
  it('name bags of arguments options or deps', () => {
    const retired = FILES.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(RETIRED_ENDS)]
        .map(([, name = '']) => name)
        .filter((name) => !ALLOWED.has(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(retired).toEqual([]);
  });

  it('name files after their content', () => {
    const retired = FILES.filter((file) =>
      basename(file, '.ts')
        .split('-')
        .some((word) => RETIRED_FILE_WORDS.has(word)),
    );
    expect(retired).toEqual([]);
  });
});
