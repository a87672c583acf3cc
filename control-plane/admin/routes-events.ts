/** Route of the event log: one page of events, or a stream. */
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ControlPort } from '../control-port.js';
import { EventsDocument, EventsQuery } from '../documents/event-documents.js';
import * as field from '../documents/field.js';
import type { FieldProblem } from '../documents/problem-document.js';
import { parseEventId, type ResumePoint } from './event-id.js';
import { parseFilter, parseListQuery } from './event-query.js';
import { fleetHeaders } from './fleet-view.js';
import type { Followers } from './followers.js';
import { SECURITY_HEADERS } from './security-headers.js';
import { sendProblem } from './problem.js';
import { type AdminApp, answers } from './route-schemas.js';
import type { ViewDeps } from './views.js';

/** Who streams events, and who has to know that a connection has become a stream. */
interface EventStreams {
  readonly followers: Followers;
  readonly streams: (socket: Socket) => void;
}

export function eventRoutes(app: AdminApp, deps: ViewDeps, streams: EventStreams): void {
  app.get(
    '/api/v1/events',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'listEvents',
        summary: 'Events: a page, or a stream with follow=true',
        description:
          'A page of events, or with follow=true a stream. In the stream, `event: gap` says that events are no longer kept, or with a `reason` that the client knows the log of another host (`other-host`) or one that is gone (`other-history`), and `event: end` gives the reason before the server ends the stream. What the log of a fleet has of the workers of the host that answers (`HostWorkerExited`, `HostWorkerReady`, `HostIncidentsUntold`) is only shown where `type` names it, because that host has events of its own of them (`WorkerExited`, `WorkerReady`).',
        tags: ['events'],
        querystring: EventsQuery.json,
        response: answers({
          200: {
            description: 'Events.',
            content: {
              'application/json': { schema: EventsDocument.json },
              'text/event-stream': { schema: field.text().json },
            },
          },
        }),
      },
    },
    async (request, reply) => {
      if (request.query.follow === 'true') {
        return follow(request.query, request, reply, { ...streams, fleet: deps.port.fleet });
      }
      const parsed = parseListQuery(request.query);
      if (parsed.kind === 'problems') return refuse(reply, parsed.problems);
      const read = await deps.port.history.events(parsed.query);
      const page = read.slice(0, parsed.query.limit - 1).map(({ json }) => json);
      const body = `{"events":[${page.join(',')}],"more":${read.length > page.length}}`;
      return reply.type('application/json; charset=utf-8').send(body);
    },
  );
}

function refuse(reply: FastifyReply, problems: readonly FieldProblem[]): FastifyReply {
  return sendProblem(reply, { type: 'invalid_query', detail: 'The query is not understood.', problems });
}

function follow(
  query: EventsQuery,
  { headers, raw }: Pick<FastifyRequest, 'headers' | 'raw'>,
  reply: FastifyReply,
  { followers, streams, fleet }: EventStreams & Pick<ControlPort, 'fleet'>,
): FastifyReply {
  const notHere = (['before', 'limit', 'order'] as const).filter((name) => query[name] !== undefined);
  if (notHere.length > 0) {
    return refuse(
      reply,
      notHere.map((path) => ({ path, message: 'not with follow=true' })),
    );
  }
  const parsed = parseFilter(query);
  if (parsed.kind === 'problems') return refuse(reply, parsed.problems);
  const from = startOf(headers['last-event-id'], query.after);
  if (from === 'not-understood') {
    const message = 'expected the id of an event: its number, or number-epoch@host';
    return refuse(reply, [{ path: 'Last-Event-ID', message }]);
  }
  if (followers.full) {
    const detail = 'Too many clients follow the events already; try again later.';
    return sendProblem(reply, { type: 'too_many_followers', detail, retryAfterSeconds: 10 });
  }
  reply.hijack();
  streams(raw.socket);
  reply.raw.writeHead(200, {
    ...SECURITY_HEADERS,
    ...fleetHeaders(fleet),
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
    // The connection ends with the stream, because nothing else follows on it.
    connection: 'close',
  });
  followers.start(reply.raw, { filter: parsed.query, from });
  return reply;
}

/** A client that comes back by itself says again what it asked for first, so its `Last-Event-ID` counts. */
function startOf(
  lastId: string | readonly string[] | undefined,
  after: string | undefined,
): ResumePoint | 'not-understood' | null {
  if (lastId === undefined) return after === undefined ? null : { seq: Number(after), of: null };
  return (typeof lastId === 'string' ? parseEventId(lastId) : null) ?? 'not-understood';
}
