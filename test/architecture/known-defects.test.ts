/**
 * Every defect of other proxies and HTTP stacks that concerns HTTP/1.1, TLS or what stands around them: where our regression
 * test for it is (a file that names the id in a test or case), or why it cannot occur here. HTTP/2: `known-defects-http2.test.ts`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, sourceFiles } from '../support/source-tree.js';

const CASES = 'test/support/http1-cases/';
const DEFECTS = 'test/integration/http1-known-defects.test.ts';

/** Defect, what goes wrong, files that hold our tests. */
const TESTED: readonly (readonly [id: string, trigger: string, ...files: string[]])[] = [
  ['CVE-2022-32213', 'a malformed coding', `${CASES}framing.ts`],
  ['CVE-2022-32215', 'a coding that goes on in a folded line', `${CASES}framing.ts`],
  ['CVE-2022-35256', 'a header line without colon or CRLF', `${CASES}fields.ts`],
  ['CVE-2022-32214', 'a bare CR ends a field', `${CASES}fields.ts`],
  ['CVE-2023-30589', 'an empty field, then CR', `${CASES}fields.ts`],
  ['CVE-2025-23167', 'a head ended by CRLF CR X', `${CASES}fields.ts`, `${CASES}chunks.ts`],
  ['CVE-2024-27982', 'a space before a name', `${CASES}fields.ts`],
  ['CVE-2021-22959', 'a space before the colon', `${CASES}fields.ts`],
  ['CVE-2019-16276', 'a space before the colon', `${CASES}fields.ts`],
  ['CVE-2020-8287', 'two Transfer-Encoding fields', `${CASES}framing.ts`],
  ['CVE-2021-22960', 'chunk extensions that nobody parses', `${CASES}chunks.ts`],
  ['CVE-2024-22019', 'a chunk extension without end', `${CASES}chunks.ts`, `${CASES}responses.ts`],
  ['CVE-2023-39326', 'more chunk extensions than data', `${CASES}chunks.ts`],
  ['CVE-2025-22871', 'a bare LF after a chunk size', `${CASES}chunks.ts`, `${CASES}responses.ts`],
  ['CVE-2025-55315', 'a bare LF or CR in a chunk extension', `${CASES}chunks.ts`],
  ['CVE-2021-40346', 'a name longer than a byte can count', `${CASES}fields.ts`],
  ['CVE-2023-25725', 'an empty name', `${CASES}fields.ts`, `${CASES}chunks.ts`],
  ['CVE-2023-40225', 'an empty Content-Length', `${CASES}framing.ts`],
  ['CVE-2026-58044', 'more fields than the limit', `${CASES}fields.ts`, `${CASES}framing.ts`],
  ['CVE-2026-29057', 'chunks with DELETE or OPTIONS', `${CASES}framing.ts`],
  ['CVE-2026-2835', 'codings and lengths in HTTP/1.0', `${CASES}framing.ts`],
  ['CVE-2025-4366', 'an answer without reading the body', `${CASES}framing.ts`, DEFECTS],
  ['CVE-2026-1525', 'lengths that differ in case of name', `${CASES}framing.ts`],
  ['CVE-2026-48931', 'a response on an idle connection', `${CASES}responses.ts`, `${CASES}exchanges.ts`],
  ['CVE-2026-2833', 'bytes behind an upgrade that is not agreed to', `${CASES}exchanges.ts`],
  ['CVE-2024-23326', 'an upgrade by another status than 101', `${CASES}exchanges.ts`],
  ['CVE-2024-24791', 'Expect, answered without 100', `${CASES}exchanges.ts`, DEFECTS],
  ['CVE-2026-1642', 'an answer in the clear before the TLS handshake', DEFECTS],
  ['CVE-2023-0056', 'crafted response heads', `${CASES}responses.ts`],
  ['CVE-2026-22036', 'many content codings', `${CASES}responses.ts`],
  ['CVE-2026-2229', 'a window of 99 bits', `${CASES}responses.ts`],
  ['GHSA-6x33-pw7p-hmpq', 'an error after the body has begun', `${CASES}responses.ts`],
  ['CVE-2023-45539', 'a fragment in a target', `${CASES}request-line.ts`],
  ['CVE-2021-32779', 'a fragment in a target', `${CASES}request-line.ts`],
  ['CVE-2021-29492', 'encoded slashes and dots against routes', `${CASES}request-line.ts`, DEFECTS],
  ['GHSA-2q7r-29rg-6m5h', 'dot segments that leave a prefix', DEFECTS],
  ['CVE-2024-45410', 'Connection names fields that we add', `${CASES}fields.ts`],
  ['CVE-2021-33197', 'Connection names fields that we add', `${CASES}fields.ts`],
  ['CVE-2022-31813', 'Connection names Host', `${CASES}fields.ts`],
  ['GHSA-5m6w-wvh7-57vm', 'underscores in names that we drop', `${CASES}fields.ts`],
  ['GHSA-v574-6498-x57v', 'two origins with one key', DEFECTS],
  ['CVE-2026-21710', 'a field called __proto__', `${CASES}fields.ts`],
  ['CVE-2026-21717', 'names that are numbers', `${CASES}fields.ts`, DEFECTS],
  ['CVE-2025-43915', 'hosts that become labels', DEFECTS],
  ['CVE-2024-37890', 'more fields than the limit in an upgrade', `${CASES}fields.ts`],
  ['CVE-2021-32640', 'thousands of spaces in a field', `${CASES}fields.ts`],
  ['CVE-2026-21637', 'odd server names', DEFECTS],
  ['CVE-2026-48928', 'a server name in upper case', DEFECTS],
  ['CVE-2025-23419', 'a session resumed under another name', 'test/integration/tls-to-backends.test.ts'],
  ['CVE-2026-48934', 'a session resumed under another name', 'test/integration/tls-to-backends.test.ts'],
  ['CVE-2020-8265', 'a TLS client that is gone while it is written to', DEFECTS],
];

/** Defect, and what the data plane's sources do not have, without which it cannot occur. */
const IMPOSSIBLE: readonly (readonly [id: string, why: string, absent: RegExp])[] = [
  ['CVE-2026-42926', 'backends are not spoken to in HTTP/2', /http2\.connect/],
  [
    'CVE-2025-23419',
    'no client certificates, one context for all names',
    /requestCert|SNICallback|addContext/,
  ],
  [
    'CVE-2026-48934',
    'no client certificates, one context for all names',
    /requestCert|SNICallback|addContext/,
  ],
  [
    'CVE-2026-58040',
    'no client certificates, one context for all names',
    /requestCert|SNICallback|addContext/,
  ],
  ['CVE-2026-56850', 'no client certificates towards backends', /\bpfx\b|clientCert/],
  ['CVE-2025-59464', 'certificates of peers are not looked at', /getPeerCertificate|getPeerX509/],
  ['CVE-2024-23327', 'no PROXY protocol', /proxy[-_ ]?protocol/i],
];

describe('known defects of others', () => {
  it.each(TESTED)('%s, %s, has a test of ours', (id, _trigger, ...files) => {
    for (const file of files) expect(readFileSync(join(ROOT, file), 'utf8')).toContain(id);
  });

  it.each(IMPOSSIBLE)('%s cannot occur: %s', (_id, _why, absent) => {
    const found = sourceFiles().filter(
      ({ path, text }) => path.startsWith('data-plane/') && absent.test(text),
    );
    expect(found.map(({ path }) => path)).toEqual([]);
  });
});
