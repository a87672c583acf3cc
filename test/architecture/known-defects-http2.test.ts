/** Every defect of other implementations of HTTP/2 that we know of, and the file that has our regression test for it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/source-tree.js';

const FLOODS = 'test/integration/http2-floods.test.ts';
const MALFORMED = 'test/integration/http2-malformed.test.ts';
const SLOW = 'test/integration/http2-slow-clients.test.ts';

const TESTED: readonly (readonly [id: string, trigger: string, file: string])[] = [
  ['CVE-2023-44487', 'requests that are reset at once', FLOODS],
  ['CVE-2025-8671', 'frames that make the server reset', FLOODS],
  ['CVE-2024-27983', 'CONTINUATION without end, or cut off in its middle', FLOODS],
  ['CVE-2023-45288', 'CONTINUATION without end', FLOODS],
  ['CVE-2024-27919', 'CONTINUATION without end', FLOODS],
  ['CVE-2026-47774', 'thousands of references to small fields', FLOODS],
  ['CVE-2026-49975', 'thousands of references to small fields', FLOODS],
  ['CVE-2026-56846', 'heads that are kept', FLOODS],
  ['CVE-2026-56848', 'answers and resets from within frame handlers', MALFORMED],
  ['CVE-2025-59465', 'an oversized block that is no HPACK', MALFORMED],
  ['CVE-2026-21714', 'a connection window beyond 2^31-1', MALFORMED],
  ['CVE-2026-48937', 'an invalid frame', MALFORMED],
  ['CVE-2025-23085', 'peers that vanish', SLOW],
  ['CVE-2019-9511', 'answers that are taken byte by byte', SLOW],
  ['CVE-2019-9512', 'PING', FLOODS],
  ['CVE-2019-9513', 'PRIORITY', FLOODS],
  ['CVE-2019-9514', 'requests that must be reset', FLOODS],
  ['CVE-2019-9515', 'SETTINGS', FLOODS],
  ['CVE-2019-9516', 'fields without a name', MALFORMED],
  ['CVE-2019-9517', 'a socket that is not read', SLOW],
  ['CVE-2019-9518', 'empty frames', FLOODS],
  ['CVE-2021-32778', 'many open streams reset at once', FLOODS],
  ['CVE-2026-26311', 'DATA behind RST_STREAM in one packet', MALFORMED],
  ['CVE-2024-45506', 'a GOAWAY that cannot leave', SLOW],
  ['CVE-2023-27491', 'line ends and spaces in pseudo fields', MALFORMED],
  ['CVE-2026-33555', 'a length that is not that of the body', MALFORMED],
];

describe('known defects of others in HTTP/2', () => {
  it.each(TESTED)('%s, %s, has a test of ours', (id, _trigger, file) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(id);
  });
});
