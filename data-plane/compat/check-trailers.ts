/** Whether trailers may go on: the rule of the native engine, for trailers that node has read. */
import type { ErrorCode } from '#shared/error-code.js';
import type { HeadLimits } from '../http1/wire/limits.js';
import { REFUSALS } from '../http1/wire/refusal.js';
import { beginTrailers, createTrailerState, stepTrailer } from '../http1/wire/trailers.js';
import { fieldLines } from './head-text.js';

/** Why they may not, or `null`. */
export function checkTrailers(rawTrailers: readonly string[], limits: HeadLimits): ErrorCode | null {
  if (rawTrailers.length === 0) return null;
  const state = createTrailerState();
  beginTrailers(state);
  for (const byte of Buffer.from(`${fieldLines(rawTrailers)}\r\n`, 'latin1')) {
    const reason = stepTrailer(state, byte, limits);
    if (reason !== null) return REFUSALS[reason].code;
  }
  return null;
}

/** As node wants them. */
export function trailerPairs(rawTrailers: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < rawTrailers.length; i += 2) {
    pairs.push([rawTrailers[i] ?? '', rawTrailers[i + 1] ?? '']);
  }
  return pairs;
}
