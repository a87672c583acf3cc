/**
 * Problem documents (RFC 9457): the body of every answer of the admin API that says no. `type` is a stable word to
 * program against, `detail` a sentence for people that says what to do.
 */
import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import { SECURITY_HEADERS } from './security-headers.js';
import type { ConfigProblem } from '../config/config-problem.js';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** Every `type` there is, with its status. `urn:tidegate:` stands before it on the wire. */
export const PROBLEM_TYPES = {
  bad_request: 400,
  invalid_body: 400,
  invalid_query: 400,
  invalid_precondition: 400,
  unauthorized: 401,
  forbidden_host: 403,
  forbidden_origin: 403,
  not_found: 404,
  unknown_pool: 404,
  unknown_backend: 404,
  unknown_worker: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  request_timeout: 408,
  duplicate_backend: 409,
  version_conflict: 412,
  forgotten: 410,
  body_too_large: 413,
  unsupported_media_type: 415,
  invalid_config: 422,
  refused: 422,
  precondition_required: 428,
  head_too_large: 431,
  internal: 500,
  busy: 503,
  event_log: 503,
  too_many_followers: 503,
} as const;

export type ProblemType = keyof typeof PROBLEM_TYPES;

/** One thing that is wrong with what was sent. */
export interface FieldProblem {
  /** Dotted path in the body or name of the parameter; `` for the whole. */
  readonly path: string;
  readonly message: string;
  /** In a configuration file: where, and what is written there. */
  readonly file?: string;
  readonly line?: number;
  readonly col?: number;
  readonly found?: string;
}

export interface Problem {
  readonly type: ProblemType;
  readonly detail: string;
  readonly problems?: readonly FieldProblem[];
  /** Pool version that a stale write should have named. */
  readonly currentVersion?: number;
  /** Methods that the path has (405). */
  readonly allow?: string;
  readonly retryAfterSeconds?: number;
}

/** The body of a problem as it is on the wire. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly problems?: readonly FieldProblem[];
  readonly current_version?: number;
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
  };
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const document = problemDocument(problem);
  if (problem.allow !== undefined) reply.header('allow', problem.allow);
  if (problem.currentVersion !== undefined) reply.header('etag', `"${problem.currentVersion}"`);
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', String(problem.retryAfterSeconds));
  if (problem.type === 'unauthorized') reply.header('www-authenticate', 'Bearer realm="tidegate"');
  // Here too, because errors in the request line never come to the hooks.
  reply.headers(SECURITY_HEADERS);
  return reply.code(document.status).type(PROBLEM_CONTENT_TYPE).send(JSON.stringify(document));
}

export function fieldProblem(problem: ConfigProblem): FieldProblem {
  const { file, line, col, path, message, found } = problem;
  return { path, message, file, line, col, ...(found === undefined ? {} : { found }) };
}
