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
