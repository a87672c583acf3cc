/** What the clients of a fuzz have seen, and what of it may not be. */
import type { FuzzRequest } from './requests.js';

/** How an exchange ended for its client. */
export interface FuzzEnd {
  readonly status: number | null;
  /** Code of a local answer. */
  readonly error: string | null;
  /** Id that the answering backend was told, if one answered. */
  readonly id: string | null;
  readonly how: 'answered' | 'reset' | 'closed' | 'nothing';
  /** Code of the reset, over HTTP/2. */
  readonly code?: number;
  /** What came last, where no answer came whole. */
  readonly latest?: string;
}

export interface Ledger {
  connections: number;
  requests: number;
  /** Requests whose bytes were right. */
  clean: number;
  withTrailers: number;
  resets: number;
  /** Final heads. */
  answers: number;
  /** Of fair backends. */
  fairAnswers: number;
  readonly findings: string[];
}

export function createLedger(): Ledger {
  return {
    connections: 0,
    requests: 0,
    clean: 0,
    withTrailers: 0,
    resets: 0,
    answers: 0,
    fairAnswers: 0,
    findings: [],
  };
}

export function countRequest(ledger: Ledger, request: FuzzRequest, isClean: boolean): void {
  ledger.requests += 1;
  if (isClean) ledger.clean += 1;
  if (request.trailers.length > 0) ledger.withTrailers += 1;
}

/** Codes that say of a backend that it failed, or could not be asked. */
const BLAMES_BACKEND = /^(?:upstream_|no_backend|queue_|overloaded)/;
const INTERNAL_ERROR = 2;

/** @param isClean well-formed, and the client waited for the end */
export function judge(ledger: Ledger, request: FuzzRequest, isClean: boolean, end: FuzzEnd): void {
  const find = (what: string): void => {
    if (ledger.findings.length < 20) {
      ledger.findings.push(`${what}: ${JSON.stringify(end)} to ${JSON.stringify(request).slice(0, 600)}`);
    }
  };
  if (end.status !== null) ledger.answers += 1;
  if (end.id !== null) {
    ledger.fairAnswers += 1;
    if (isClean && end.id !== request.id) find('the answer to another request');
  }
  if (isClean && end.how === 'nothing') find('nobody ended it');
  if (request.pool !== 'fair' || !isClean) return;
  if (end.error !== null && BLAMES_BACKEND.test(end.error)) find('a backend was blamed');
  if (end.how === 'closed') find('no answer');
  if (end.how === 'reset' && end.code === INTERNAL_ERROR) find('reset for no fault of its own');
}
