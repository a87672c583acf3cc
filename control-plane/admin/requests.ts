/** What all requests have in common: which media types they accept, and how errors of the framework become problems. */
import type { FastifyError, FastifyRequest } from 'fastify';
import { NAME_IN_WORDS, NAME_PATTERN } from '#shared/ids.js';
import { MAX_PROBLEMS } from '../config/parse-config.js';
import { suggest } from '#shared/suggest.js';
import type { FieldProblem } from '../documents/problem-document.js';
import { EventLogError } from '../event-log/event-log.js';
import { HistoryBusy, ReaderDied } from '../hindsight/history.js';
import type { Problem } from './problem.js';

type ValidationResult = NonNullable<FastifyError['validation']>[number];

/** Whether an Accept field (RFC 9110 §12.5.1) allows a media type. The most specific range that fits decides. */
export function accepts(field: string | undefined, type: string): boolean {
  if (field === undefined || field.trim() === '') return true;
  const family = `${type.split('/', 1)[0]}/*`;
  const ranges = field.split(',').map((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    return { name, refused: q !== undefined && Number(q.slice(2)) === 0 };
  });
  for (const wanted of [type, family, '*/*']) {
    const found = ranges.find((range) => range.name === wanted);
    if (found !== undefined) return !found.refused;
  }
  return false;
}

/**
 * The problem for an error of the framework or of a handler. `null` for a bug, about which the client is told nothing.
 */
export function problemOfError(error: FastifyError, request: FastifyRequest): Problem | null {
  if (error.validation !== undefined) {
    return validationProblem(error.validation, error.validationContext, request);
  }
  if (error instanceof EventLogError && error.kind === 'forgotten') {
    return { type: 'forgotten', detail: error.message };
  }
  if (error instanceof EventLogError) {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const detail = reads
      ? error.message
      : `Nothing was changed, because it could not be stored: ${error.message}`;
    return { type: 'event_log', detail, retryAfterSeconds: 5 };
  }
  if (error instanceof HistoryBusy) return { type: 'busy', detail: error.message, retryAfterSeconds: 1 };
  if (error instanceof ReaderDied) return { type: 'event_log', detail: error.message, retryAfterSeconds: 1 };
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': {
      const sent = request.headers['content-type'] ?? '';
      const [expected = 'application/json'] = request.routeOptions.schema?.consumes ?? [];
      const detail = `Send ${expected}${sent === '' ? ' with its content-type' : `, not ${sent.slice(0, 100)}`}.`;
      return { type: 'unsupported_media_type', detail };
    }
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return {
        type: 'body_too_large',
        detail: `The body is larger than ${request.routeOptions.bodyLimit} bytes.`,
      };
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return { type: 'invalid_body', detail: 'The body is empty; JSON was expected.' };
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return { type: 'invalid_body', detail: 'The body is not valid JSON.' };
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return { type: 'not_found', detail: 'No pool or backend can have a name of this length.' };
    case 'FST_ERR_BAD_URL':
      return { type: 'bad_request', detail: 'The path is not validly encoded.' };
    default:
  }
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 500 ? { type: 'bad_request', detail: error.message } : null;
}

function validationProblem(
  results: readonly ValidationResult[],
  context: string | undefined,
  request: FastifyRequest,
): Problem {
  if (context === 'params') {
    return {
      type: 'not_found',
      detail: `${request.url.slice(0, 200)}: nothing can have this name.`,
    };
  }
  const sent = context === 'querystring' ? request.query : request.body;
  // A value that breaks two rules is reported once.
  const byPath = new Map<string, FieldProblem>();
  for (const problem of results.flatMap((result) => fieldProblems(result, sent))) {
    if (!byPath.has(problem.path)) byPath.set(problem.path, problem);
  }
  const problems = [...byPath.values()].slice(0, MAX_PROBLEMS);
  return context === 'querystring'
    ? { type: 'invalid_query', detail: 'The query has parameters that are not understood.', problems }
    : { type: 'invalid_body', detail: 'The request is not valid; nothing was changed.', problems };
}

function fieldProblems(
  { instancePath, keyword, params, message = '' }: ValidationResult,
  sent: unknown,
): readonly FieldProblem[] {
  const path = instancePath.split('/').slice(1).join('.');
  const inner = (name: unknown): string => (path === '' ? String(name) : `${path}.${String(name)}`);
  if (keyword === 'additionalProperties') {
    return [{ path: inner(params['additionalProperty']), message: 'unknown field' }];
  }
  if (keyword === 'required') {
    return [{ path: inner(params['missingProperty']), message: 'this field is required' }];
  }
  if (keyword === 'enum' && Array.isArray(params['allowedValues'])) {
    const allowed = params['allowedValues'].map(String);
    const value = valueAt(sent, instancePath);
    const near = typeof value === 'string' ? suggest(value, allowed) : null;
    const hint = near === null ? '' : `; did you mean ${near}?`;
    return [{ path, message: `expected one of ${allowed.join(', ')}${hint}` }];
  }
  if (keyword === 'pattern' && params['pattern'] === NAME_PATTERN.source) {
    return [{ path, message: `expected ${NAME_IN_WORDS}` }];
  }
  if (keyword === 'pattern') return [{ path, message: 'expected another form of text (see openapi.json)' }];
  return [{ path, message: message.replace(/^must/, 'it must') }];
}

/** The value at a JSON pointer (RFC 6901). Our names need no escapes. */
function valueAt(sent: unknown, pointer: string): unknown {
  let value = sent;
  for (const name of pointer.split('/').slice(1)) {
    value =
      typeof value === 'object' && value !== null
        ? Object.entries(value).find(([key]) => key === name)?.[1]
        : undefined;
  }
  return value;
}
