/** All strictness cases, by what they are about. */
import { CHUNK_CASES } from './chunks.js';
import { EXCHANGE_CASES } from './exchanges.js';
import { FIELD_CASES } from './fields.js';
import { FRAMING_CASES } from './framing.js';
import { REQUEST_LINE_CASES } from './request-line.js';
import { RESPONSE_CASES } from './responses.js';
import type { StrictnessCase } from './strictness-case.js';

export const STRICTNESS_CASES: readonly (readonly [about: string, cases: readonly StrictnessCase[]])[] = [
  ['request lines', REQUEST_LINE_CASES],
  ['fields', FIELD_CASES],
  ['framing of requests', FRAMING_CASES],
  ['chunked requests', CHUNK_CASES],
  ['responses', RESPONSE_CASES],
  ['exchanges', EXCHANGE_CASES],
];

/** What compat is held to, too: that it refuses what is ambiguous, and keeps hops, tunnels and bodies apart. Its parser is node's. */
const OF_COMPAT: readonly string[] = [
  'refuses length and coding',
  'refuses two different lengths',
  'refuses something like chunked',
  'refuses a body beyond the limit',
  'refuses a bare LF after a size',
  'reads nothing after a refusal',
  'accepts nominated fields, and drops them',
  'accepts an upgrade to HTTP/2 in the clear, and does not pass it',
  'accepts trailers, and passes them on',
  'drops hop-by-hop fields of the backend',
  'passes trailers',
  'answers 502 to length and coding',
  'cuts chunks without their end',
  'passes 100 and then the body',
  'passes a final answer to Expect, and does not wait for the body',
  'opens a tunnel on 101, both ways',
  'tunnels nothing before 101: bytes behind a request to upgrade that is answered 200',
];

export const COMPAT_CASES: typeof STRICTNESS_CASES = [
  ['the cases for both', OF_COMPAT.map((name) => caseNamed(name))],
];

function caseNamed(name: string): StrictnessCase {
  const found = STRICTNESS_CASES.flatMap(([, cases]) => cases).find((each) => each.name === name);
  if (found === undefined) throw new Error(`no case is named: ${name}`);
  return found;
}
