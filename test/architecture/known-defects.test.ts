/** Holds `test/known-defects.md` to the tests that it speaks of, and the sources to what it calls impossible. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { STRICTNESS_CASES } from '../support/http1-cases/all-cases.js';
import { defectsIn } from '../support/http1-cases/strictness-case.js';
import { ROOT, sourceTexts } from '../support/source-tree.js';

const CLIENT_CERTIFICATES = /requestCert|SNICallback|addContext/;

/** Defect, and what the data plane's sources do not have, without which it cannot occur. */
const IMPOSSIBLE: Readonly<Record<string, RegExp>> = {
  'CVE-2024-23327': /proxy[-_ ]?protocol/i,
  'CVE-2025-23419': CLIENT_CERTIFICATES,
  'CVE-2025-59464': /getPeerCertificate|getPeerX509/,
  'CVE-2026-42926': /http2\.connect/,
  'CVE-2026-48934': CLIENT_CERTIFICATES,
  'CVE-2026-56850': /\bpfx\b|clientCert/,
  'CVE-2026-58040': CLIENT_CERTIFICATES,
};

/** First and last cell of each row under a heading of the page. */
function rowsUnder(heading: string): readonly (readonly [defect: string, last: string])[] {
  const page = readFileSync(join(ROOT, 'test/known-defects.md'), 'utf8');
  const [, section = ''] = page.split(`## ${heading}\n`);
  const [text = ''] = section.split('\n## ');
  return [...text.matchAll(/^\| ((?:CVE|GHSA)-\S+) .*\| ([^|]+?) +\|$/gm)].map((row) => [
    row[1] ?? '',
    row[2] ?? '',
  ]);
}

/** Where each defect is tried: what strictness cases are about, and files of `integration/`. */
function tried(): Readonly<Record<string, string>> {
  const places: (readonly [defect: string, place: string])[] = [];
  for (const [about, cases] of STRICTNESS_CASES) {
    for (const { rule } of cases) {
      for (const defect of defectsIn(rule)) places.push([defect, `strictness: ${about}`]);
    }
  }
  for (const file of readdirSync(join(ROOT, 'test/integration'))) {
    for (const defect of defectsIn(readFileSync(join(ROOT, 'test/integration', file), 'utf8'))) {
      places.push([defect, file.replace('.test.ts', '')]);
    }
  }
  const byDefect = Object.groupBy(places, ([defect]) => defect);
  return Object.fromEntries(
    Object.entries(byDefect).map(([defect, found = []]) => [
      defect,
      [...new Set(found.map(([, place]) => place))].toSorted().join(', '),
    ]),
  );
}

describe('the page of known defects', () => {
  it('names every defect that is tried, and where', () => {
    expect(Object.fromEntries(rowsUnder('Tried'))).toEqual(tried());
  });

  it('names every defect that is impossible', () => {
    expect(rowsUnder('Impossible here').map(([defect]) => defect)).toEqual(Object.keys(IMPOSSIBLE));
  });

  it('names none twice', () => {
    const defects = rowsUnder('Tried').map(([defect]) => defect);
    expect(defects).toEqual([...new Set(defects)]);
  });
});

it('the data plane has nothing that impossible defects need', () => {
  const sources = sourceTexts().filter(({ path }) => path.startsWith('data-plane/'));
  const found = Object.entries(IMPOSSIBLE).flatMap(([defect, needs]) =>
    sources.filter(({ text }) => needs.test(text)).map(({ path }) => `${defect}: ${path}`),
  );
  expect(sources.length).toBeGreaterThan(30);
  expect(found).toEqual([]);
});
