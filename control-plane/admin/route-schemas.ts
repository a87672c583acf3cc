/**
 * Lets routes declare, by documents, what they accept and answer. `/api/v1/openapi.json` is made from the documents,
 * and TypeScript takes its types from them. Requests are checked against them. Answers are not, so that a schema can
 * never cut something out of an answer; the compiler and tests check those.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerDefault } from 'fastify';
import * as configDocuments from '../documents/config-documents.js';
import * as eventDocuments from '../documents/event-documents.js';
import * as fleetDocuments from '../documents/fleet-documents.js';
import type { Field, JsonSchema, NamedDocument } from '../documents/field.js';
import * as poolDocuments from '../documents/pool-documents.js';
import * as sessionDocuments from '../documents/session-documents.js';
import { ProblemDocument } from '../documents/problem-document.js';
import * as statusDocuments from '../documents/status-documents.js';
import { ACTOR_KINDS } from '../domain/actor.js';
import { EVENTS } from '../domain/events.js';

/** Tells TypeScript the type of a part of a request, and of an answer, from its schema. */
interface DocumentTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends JsonSchema<infer T> ? T : unknown;
  readonly serializer: this['schema'] extends JsonSchema<infer T> ? T : unknown;
}

export type AdminApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  DocumentTypes
>;

const documents = {
  ...poolDocuments,
  ...statusDocuments,
  ...eventDocuments,
  ...configDocuments,
  ...fleetDocuments,
  ...sessionDocuments,
  ProblemDocument,
};

const WORDS = { ActorKind: ACTOR_KINDS, EventType: Object.keys(EVENTS) };

/** Adds all schemas that others refer to by name. */
export function addNamedDocuments(app: AdminApp): void {
  for (const [$id, values] of Object.entries(WORDS)) app.addSchema({ $id, type: 'string', enum: values });
  for (const document of Object.values(documents)) {
    if (isNamed(document)) app.addSchema({ $id: document.name, ...document.definition });
  }
}

function isNamed(document: unknown): document is NamedDocument<unknown> {
  return typeof document === 'object' && document !== null && 'definition' in document;
}

const PROBLEM_RESPONSE = {
  description: 'Problem document (RFC 9457).',
  content: { 'application/problem+json': { schema: ProblemDocument.json } },
} as const;

/** The answers of a route: its successes, and problems. */
export function answers<T extends object>(successes: T) {
  return { ...successes, '4xx': PROBLEM_RESPONSE, '5xx': PROBLEM_RESPONSE } as const;
}

/**
 * A JSON answer. `etag` says that it carries the version which a write has to name: true for writes, and for what they
 * start from.
 */
export function json<T>(document: Field<T>, description: string, etag = false) {
  const headers = etag
    ? { headers: { ETag: { type: 'string', description: 'The version, in quotes, as If-Match takes it.' } } }
    : {};
  return { description, ...headers, content: { 'application/json': { schema: document.json } } };
}

/** Not required by the schema that checks requests, because a missing version has an answer of its own (428). */
function ifMatch(what: string): JsonSchema {
  return {
    type: 'object',
    properties: {
      'if-match': {
        type: 'string',
        description: `The ${what} version that the change is meant for, in quotes, as the last ETag said; or *. Without it: 428.`,
      },
    },
  };
}

export const IF_MATCH = ifMatch('pool');
export const CONFIG_IF_MATCH = ifMatch('configuration');
