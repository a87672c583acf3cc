/** What a response's status says about the backend that sent it. */
import type { Outcome } from '#shared/outcome.js';

const SUCCESS: Outcome = { kind: 'success' };
const STATUS_FAILURE: Outcome = { kind: 'failure', reason: 'status' };

/**
 * Failures are 500, 502, 503 and 504: the backend or what it leans on is ill. 501, 505 and the like answer a request
 * that is not supported, and 4xx (429 too) are about the client: a client must not be able to eject backends.
 */
export function classifyStatus(status: number): Outcome {
  return status === 500 || status === 502 || status === 503 || status === 504 ? STATUS_FAILURE : SUCCESS;
}
