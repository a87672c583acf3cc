/**
 * Problem documents (RFC 9457): the body of every answer of the admin API that refuses something. `type` is a stable
 * word to program against, `detail` a sentence for people that says what to do.
 */
import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { ConfigProblem } from '../config/config-problem.js';
import {
  PROBLEM_TYPES,
  type FieldProblem,
  type ProblemDocument,
  type ProblemType,
} from '../documents/problem-document.js';
import { SECURITY_HEADERS } from './security-headers.js';

const PROBLEM_CONTENT_TYPE = 'application/problem+json';

export interface Problem {
  readonly type: ProblemType;
  readonly detail: string;
  readonly problems?: readonly FieldProblem[];
  /** The pool version that a write with an old one should have named. */
  readonly currentVersion?: number;
  /** `unknown` for a write that may have been carried out. `nonce` identifies that write. */
  readonly outcome?: 'unknown';
  readonly nonce?: string;
  /** Methods that the path has, for 405. */
  readonly allow?: string;
  readonly retryAfterSeconds?: number;
}

export function problemDocument(problem: Problem): ProblemDocument {
  const status = PROBLEM_TYPES[problem.type];
  return {
    type: `urn:tidegate:${problem.type}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: problem.detail,
    ...(problem.problems === undefined ? {} : { problems: problem.problems }),
    ...(problem.currentVersion === undefined ? {} : { current_version: problem.currentVersion }),
    ...(problem.outcome === undefined ? {} : { outcome: problem.outcome }),
    ...(problem.nonce === undefined ? {} : { nonce: problem.nonce }),
  };
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const document = problemDocument(problem);
  if (problem.allow !== undefined) reply.header('allow', problem.allow);
  if (problem.currentVersion !== undefined) reply.header('etag', `"${problem.currentVersion}"`);
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', String(problem.retryAfterSeconds));
  if (problem.type === 'unauthorized') reply.header('www-authenticate', 'Bearer realm="tidegate"');
  // Set here, too, because requests with an error in the request line never reach the hooks.
  reply.headers(SECURITY_HEADERS);
  return reply.code(document.status).type(PROBLEM_CONTENT_TYPE).send(JSON.stringify(document));
}

export function fieldProblem(problem: ConfigProblem): FieldProblem {
  const { file, line, col, path, message, found } = problem;
  return { path, message, file, line, col, ...(found === undefined ? {} : { found }) };
}
