/** Reads the filters of `/events` from its query, as they are on the wire: all text. */
import { backendId, poolId } from '#shared/ids.js';
import { EVENTS, isEventType } from '../domain/events.js';
import type { EventQuery } from '../event-log/event-log.js';
import type { FieldProblem } from './problem.js';
import { NAME, type JsonSchema } from './schemas.js';

/** Most events in one answer. */
export const MAX_EVENTS = 1_000;
export const DEFAULT_EVENTS = 100;

const NUMBER: JsonSchema = { type: 'string', pattern: '^\\d{1,15}$' };

export interface EventsQuerystring {
  readonly after?: string;
  readonly before?: string;
  readonly type?: string;
  readonly pool?: string;
  readonly backend?: string;
  readonly limit?: string;
  readonly order?: 'asc' | 'desc';
  readonly follow?: 'true' | 'false';
}

export const EVENTS_QUERYSTRING: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    after: { ...NUMBER, description: 'Only events with a greater number.' },
    before: { ...NUMBER, description: 'Only events with a smaller number.' },
    type: {
      type: 'string',
      maxLength: 1_000,
      description: `One event type, or several with commas between. There are ${Object.keys(EVENTS).join(', ')}.`,
    },
    pool: NAME,
    backend: NAME,
    limit: { ...NUMBER, description: `1 to ${MAX_EVENTS}; ${DEFAULT_EVENTS} if not given.` },
    order: {
      type: 'string',
      enum: ['asc', 'desc'],
      description: 'asc: oldest first. Without it: asc where `after` is given, else desc.',
    },
    follow: {
      type: 'string',
      enum: ['true', 'false'],
      description:
        'true: a stream of server-sent events (text/event-stream) from `after`, or from `Last-Event-ID`, or from now, that does not end. `id` is the event’s number.',
    },
  },
};

export type EventFilter = Pick<EventQuery, 'types' | 'pool' | 'backend'>;

export type ParsedQuery<T> =
  | { readonly kind: 'ok'; readonly query: T }
  | { readonly kind: 'problems'; readonly problems: readonly FieldProblem[] };

/** What both a list and a stream can be filtered by. */
export function parseFilter(query: EventsQuerystring): ParsedQuery<EventFilter> {
  const names = query.type?.split(',') ?? [];
  const unknown = names.filter((name) => !isEventType(name));
  if (unknown.length > 0) {
    const message = `expected event types such as BreakerOpened; not known: ${unknown.join(', ')}`;
    return { kind: 'problems', problems: [{ path: 'type', message }] };
  }
  return {
    kind: 'ok',
    query: {
      ...(names.length > 0 ? { types: names.filter(isEventType) } : {}),
      ...(query.pool === undefined ? {} : { pool: poolId(query.pool) }),
      ...(query.backend === undefined ? {} : { backend: backendId(query.backend) }),
    },
  };
}

/** A page of the list. One event more than asked for is read, to know whether there are more. */
export function parseListQuery(query: EventsQuerystring): ParsedQuery<EventQuery> {
  const filter = parseFilter(query);
  const limit = Number(query.limit ?? DEFAULT_EVENTS);
  const problems = filter.kind === 'problems' ? [...filter.problems] : [];
  if (limit < 1 || limit > MAX_EVENTS) {
    problems.push({ path: 'limit', message: `expected a whole number from 1 to ${MAX_EVENTS}` });
  }
  if (filter.kind === 'problems' || problems.length > 0) return { kind: 'problems', problems };
  const order = query.order ?? (query.after === undefined ? 'desc' : 'asc');
  return {
    kind: 'ok',
    query: {
      ...filter.query,
      ...(query.after === undefined ? {} : { after: Number(query.after) }),
      ...(query.before === undefined ? {} : { upTo: Number(query.before) - 1 }),
      limit: limit + 1,
      order: order === 'asc' ? 'forward' : 'backward',
    },
  };
}
