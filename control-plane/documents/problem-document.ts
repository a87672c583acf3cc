/**
 * The body of every answer of the admin API that refuses something (RFC 9457). `type` is a stable word to program
 * against, `detail` a sentence for people that says what to do.
 */
import type { TypeOf } from '#shared/shape.js';
import * as field from './field.js';

/** Every `type` without its prefix `urn:tidegate:`, and its status. */
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
  unknown_write: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  request_timeout: 408,
  duplicate_backend: 409,
  roll_under_way: 409,
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
  control_plane_read_only: 503,
  control_plane_unavailable: 503,
  event_log: 503,
  session_store: 503,
  too_many_followers: 503,
} as const;

export type ProblemType = keyof typeof PROBLEM_TYPES;

/** One mistake in a request. */
export const FieldProblem = field.object(
  {
    path: field.text('Dotted path, or name of the parameter; empty for the whole.'),
    message: field.text(),
  },
  {
    file: field.text('Name of the configuration file, if the problem is in one.'),
    line: field.count(),
    col: field.count(),
    found: field.text('What is written instead of what was expected.'),
  },
);
export interface FieldProblem extends TypeOf<typeof FieldProblem> {}

export const ProblemDocument = field.named(
  'Problem',
  field.object(
    {
      type: field.withKeywords(field.matching(/^urn:tidegate:/), {
        enum: Object.keys(PROBLEM_TYPES).map((type) => `urn:tidegate:${type}`),
      }),
      title: field.text(),
      status: field.count(),
      detail: field.text('What was wrong and what to do.'),
    },
    {
      problems: field.list(FieldProblem),
      current_version: field.count('Pool version that a stale write should have named.'),
      outcome: field.text('`unknown`: the change may have been made, or not.'),
      nonce: field.text('Identifies a write of unknown outcome.'),
    },
  ),
);
export interface ProblemDocument extends TypeOf<typeof ProblemDocument> {}
