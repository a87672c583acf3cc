/** Reads the filters of `/events` from its query, in which everything is text. */
import { backendId, poolId } from '#shared/ids.js';
import { DEFAULT_EVENTS, type EventsQuery, MAX_EVENTS } from '../documents/event-documents.js';
import type { FieldProblem } from '../documents/problem-document.js';
import { isEventType } from '../domain/events.js';
import type { EventQuery } from '../event-log/event-log.js';

export type EventFilter = Pick<EventQuery, 'types' | 'pool' | 'backend'>;

type ParsedQuery<T> =
  | { readonly kind: 'ok'; readonly query: T }
  | { readonly kind: 'problems'; readonly problems: readonly FieldProblem[] };

/** The filters that lists and streams have in common. */
export function parseFilter(query: EventsQuery): ParsedQuery<EventFilter> {
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

/** One page of the list. It asks for one event more than the client does, to know whether there are more. */
export function parseListQuery(query: EventsQuery): ParsedQuery<EventQuery> {
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
