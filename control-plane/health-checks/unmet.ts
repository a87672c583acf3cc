/** Says which expectation an answer does not meet. Pure. */
import { type ExpectedAnswer, statusWords } from '#shared/settings/health-check.js';
import { isPattern, type TextPatterns } from '../config/text-pattern.js';
import { BODY_LIMIT_BYTES, type CheckResponse } from './check-response.js';

/**
 * A text for people, such as `status 503, expected 2xx` or `body lacks "ok"`; `null` if the answer meets everything.
 */
export function unmetBy(
  { status: ranges, body: wanted }: ExpectedAnswer,
  response: CheckResponse,
  patterns: TextPatterns,
): string | null {
  const { status } = response;
  if (status === null) return null;
  if (!ranges.some(({ from, to }) => status >= from && status <= to)) {
    return `status ${status}, expected ${statusWords(ranges)}`;
  }
  if (wanted === undefined) return null;
  const finds = patterns.of(wanted);
  if (finds === null) {
    return `body cannot be searched for ${wanted}: this release does not know such patterns`;
  }
  if (finds(response.body.toString('utf8'))) return null;
  const where = response.isCut ? ` in its first ${BODY_LIMIT_BYTES / 1_024} KiB` : '';
  return `body lacks ${isPattern(wanted) ? wanted : JSON.stringify(wanted)}${where}`;
}
