/**
 * JSON Schemas of what the admin API takes and answers, from which `/api/v1/openapi.json` is made. Requests are
 * checked against them; answers are not (tests do that), so that a schema can never cut something out of an answer.
 */
import { ADMIN_STATES, AVAILABILITIES, BREAKER_PHASES, HEALTHS } from '#shared/backend-state.js';
import { NAME_PATTERN } from '#shared/ids.js';
import { ALGORITHMS } from '#shared/settings.js';
import { ACTOR_KINDS } from '../domain/commands.js';
import { EVENTS } from '../domain/events.js';
import { WORKER_PHASES } from '../workers/worker-status.js';
import { POOL_STANDINGS } from '../domain/pool-standing.js';
import { PROBLEM_TYPES } from './problem.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

export function object(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
    properties,
  };
}

export function list(items: JsonSchema, description?: string): JsonSchema {
  return { type: 'array', items, ...(description === undefined ? {} : { description }) };
}

export function ref(name: string): JsonSchema {
  return { $ref: `${name}#` };
}

function text(description?: string): JsonSchema {
  return description === undefined ? { type: 'string' } : { type: 'string', description };
}

function integer(description?: string): JsonSchema {
  return description === undefined ? { type: 'integer' } : { type: 'integer', description };
}

function oneOf(...values: readonly string[]): JsonSchema {
  return { type: 'string', enum: values };
}

function nullable(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: 'null' }] };
}

const TRUE_FALSE: JsonSchema = { type: 'boolean' };
const TIME: JsonSchema = { type: 'string', format: 'date-time' };
const OPEN: JsonSchema = { type: 'object', additionalProperties: true };

const ADMIN_STATE = oneOf(...ADMIN_STATES);
const AVAILABILITY = oneOf(...AVAILABILITIES);
export const ALGORITHM = oneOf(...ALGORITHMS);
const EVENT_TYPE = oneOf(...Object.keys(EVENTS));
const POSITION = object({ epoch: integer(), version: integer() });
const FIELD_PROBLEM = object(
  {
    path: text('Dotted path, or name of the parameter.'),
    message: text(),
    file: text('Of a configuration file: its name.'),
    line: integer(),
    col: integer(),
    found: text('What is written there, where something else was expected.'),
  },
  ['file', 'line', 'col', 'found'],
);

export const NAME: JsonSchema = { type: 'string', pattern: NAME_PATTERN.source };
export const WEIGHT: JsonSchema = {
  type: 'integer',
  minimum: 0,
  maximum: 1_000,
  description: 'Relative share of traffic. 0: no new traffic, sticky sessions stay.',
};
export const MAX_CONNECTIONS: JsonSchema = {
  type: ['integer', 'null'],
  minimum: 1,
  maximum: 1_000_000,
  description: 'Requests and tunnels in flight that this host gives it at once. null: what its pool says.',
};
export const ADMIN_CHANGE: JsonSchema = {
  ...ADMIN_STATE,
  description: 'ready: takes traffic · draining: only sessions that are there · maintenance: no traffic.',
};

const BACKEND = object({
  pool: text(),
  id: text(),
  url: text(),
  weight: integer(),
  admin: ADMIN_STATE,
  health: oneOf(...HEALTHS),
  health_since: TIME,
  breaker: object(
    {
      state: oneOf(...BREAKER_PHASES),
      since: TIME,
      openings: integer('Openings in a row.'),
      until: TIME,
    },
    ['until'],
  ),
  availability: AVAILABILITY,
  since: TIME,
  since_ms: integer(),
  reason: text('Why it has this availability, in one line.'),
  origin: oneOf('file', 'api'),
  generation: integer('Changes when the id is given to another server.'),
  active_requests: integer('Requests in flight, all workers.'),
  max_connections: nullable(integer('Requests that it is given at once; null: any number.')),
});

const POOL = object({
  id: text(),
  version: integer('Compared by If-Match.'),
  algorithm: ALGORITHM,
  health_check: OPEN,
  circuit_breaker: OPEN,
  max_connections: nullable(integer('For backends without a number of their own.')),
  queue: OPEN,
  sticky_session: OPEN,
  panic: TRUE_FALSE,
  sessions: integer('Bindings in the session table.'),
  pending_requests: integer('Requests that wait for room at a backend.'),
  backends: list(ref('Backend')),
});

const REJECTED_LOAD = object({
  at: TIME,
  problems: list(text(), 'As file:line:col: what was found and expected.'),
});

const STATUS = object({
  version: text(),
  started_at: TIME,
  uptime_ms: integer(),
  ready: TRUE_FALSE,
  reason: text(),
  epoch: integer(),
  seq: integer('Number of the last event.'),
  snapshot: POSITION,
  workers: object({
    ready: integer(),
    total: integer(),
    converged: integer('Workers on the newest snapshot.'),
  }),
  store: object({
    ok: TRUE_FALSE,
    since: nullable(TIME),
    problem: nullable(text('Why nothing can be stored.')),
    unstored_events: integer('Events that wait in memory.'),
    lost_events: integer('Events given up, because more waited than memory keeps.'),
  }),
  health_checks: object({
    behind: TRUE_FALSE,
    late_ms: integer('How late the latest of the last seconds began, or has not begun yet.'),
    waiting: integer(),
  }),
  config: object({
    file: text(),
    applied_at: nullable(TIME),
    restart_needed: list(text()),
    drift: integer('Places in which run-time changes differ from the file.'),
    last_rejected: nullable(REJECTED_LOAD),
  }),
  certificate_trouble: nullable(text('What is wrong with the certificate.')),
  pools: list(
    object({
      id: text(),
      version: integer(),
      algorithm: ALGORITHM,
      panic: TRUE_FALSE,
      standing: oneOf(...POOL_STANDINGS),
      shortage: nullable(text('What is wrong with the pool as a whole, after its name.')),
      sessions: integer(),
      pending_requests: integer(),
      backends: list(ref('Backend')),
    }),
  ),
});

const WORKER = object({
  worker: integer(),
  slot: integer(),
  pid: nullable(integer()),
  phase: oneOf(...WORKER_PHASES),
  started_at: TIME,
  restarts: integer(),
  applied: nullable(POSITION),
  converged: TRUE_FALSE,
  last_nack: nullable(object({ position: POSITION, reason: text() })),
  last_heard_at: nullable(TIME),
  connections: integer(),
});

const EVENT = object(
  {
    epoch: integer(),
    seq: integer(),
    at: TIME,
    at_ms: integer(),
    type: EVENT_TYPE,
    schema: integer(),
    pool: text(),
    backend: text(),
    sentence: text('What happened, for people.'),
    actor: object({ kind: oneOf(...ACTOR_KINDS), name: text() }, ['name']),
    cause: object({ command: text(), id: integer(), event: integer() }, ['event']),
    data: { ...OPEN, description: 'Differs by type.' },
  },
  ['pool', 'backend'],
);

const CONFIG = object({
  file: text(),
  sha256: nullable(text()),
  applied_at: nullable(TIME),
  restart_needed: list(text()),
  last_rejected: nullable(REJECTED_LOAD),
  drift: list(ref('Difference'), 'What run-time changes made different from the file.'),
  live: { ...OPEN, description: 'What is in force.' },
});

const DIFFERENCE = object({
  path: text('Where: `pools.web.backends.a.weight`.'),
  file: { description: 'What the file says; null: nothing.' },
  live: { description: 'What is in force; null: nothing.' },
  changed: nullable(object({ seq: integer('Number of the event.'), at: TIME, by: text() })),
});

const WHY = object({
  pool: text(),
  backend: text(),
  at: TIME,
  availability: nullable(AVAILABILITY),
  panic: TRUE_FALSE,
  headline: text('The answer in one sentence.'),
  steps: list(
    object({
      seq: integer(),
      at: TIME,
      at_ms: integer(),
      type: EVENT_TYPE,
      sentence: text(),
      evidence: list(text(), 'The very results that decided, one per line.'),
    }),
    'The events that led there, oldest first.',
  ),
  omitted: integer('Steps left out after the first.'),
});

const PROBLEM = object(
  {
    type: { type: 'string', enum: Object.keys(PROBLEM_TYPES).map((type) => `urn:tidegate:${type}`) },
    title: text(),
    status: integer(),
    detail: text('What was wrong and what to do.'),
    problems: list(FIELD_PROBLEM),
    current_version: integer('Pool version that a stale write should have named.'),
  },
  ['problems', 'current_version'],
);

/** All that is referred to by name. */
export const SHARED_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Backend: BACKEND,
  Pool: POOL,
  Status: STATUS,
  Worker: WORKER,
  Event: EVENT,
  Config: CONFIG,
  Difference: DIFFERENCE,
  Drift: object({
    file: text(),
    version: integer('Compared by If-Match of a reset.'),
    differences: list(ref('Difference')),
  }),
  Reset: object({
    reset: list(text(), 'Where what is in force went back to the file.'),
    drift: integer('Differences that are left.'),
  }),
  Why: WHY,
  Problem: PROBLEM,
  Validation: object({ valid: TRUE_FALSE, problems: list(FIELD_PROBLEM) }),
  Reload: object({
    result: oneOf('applied', 'unchanged'),
    events: integer(),
    restart_needed: list(text()),
    drift: integer('Places in which run-time changes differ from the file.'),
  }),
  Events: object({ events: list(ref('Event')), more: TRUE_FALSE }),
};

const PROBLEM_RESPONSE: JsonSchema = {
  description: 'Problem document (RFC 9457).',
  content: { 'application/problem+json': { schema: ref('Problem') } },
};

/** The answers of a route: its successes, and problems. */
export function answers(successes: Readonly<Record<number, JsonSchema>>): JsonSchema {
  return { ...successes, '4xx': PROBLEM_RESPONSE, '5xx': PROBLEM_RESPONSE };
}

/** An answer in JSON. Writes and what they start from carry the pool version as ETag. */
export function json(schema: JsonSchema, description: string, etag = false): JsonSchema {
  const headers = etag
    ? { headers: { ETag: { type: 'string', description: 'The pool version, in quotes.' } } }
    : {};
  return { description, ...headers, content: { 'application/json': { schema } } };
}

export const POOL_PARAMS = object({ pool: { ...NAME, description: 'Name of the pool.' } });
export const BACKEND_PARAMS = object({
  pool: { ...NAME, description: 'Name of the pool.' },
  id: { ...NAME, description: 'Name of the backend.' },
});

/** Not required by the schema that checks, because its absence has an answer of its own (428). */
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
