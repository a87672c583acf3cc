/** Routes of cookie sessions: list and end them. */
import type { FastifyReply } from 'fastify';
import { poolId } from '#shared/ids.js';
import type { ControlPort } from '../control-port.js';
import { PoolParams } from '../documents/pool-documents.js';
import {
  DEFAULT_SESSIONS_PER_PAGE,
  MAX_SESSIONS_PER_PAGE,
  SessionParams,
  SessionsDocument,
  SessionsQuery,
} from '../documents/session-documents.js';
import { sendProblem } from './problem.js';
import { type AdminApp, answers, json } from './route-schemas.js';
import { findPool, submitWrite, unknownPool } from './writes.js';

const BUSY_RETRY_SECONDS = 1;
const STORE_RETRY_SECONDS = 5;

export function sessionRoutes(app: AdminApp, port: ControlPort): void {
  listRoute(app, port);
  flushRoute(app, port);
  endRoute(app, port);
}

function listRoute(app: AdminApp, port: ControlPort): void {
  app.get(
    '/api/v1/pools/:pool/sessions',
    {
      schema: {
        operationId: 'listSessions',
        summary: 'Sessions by cookie of a pool',
        description:
          'Page by page, until `next` is null; a page may have more or fewer than asked for. With Redis, sessions of all hosts: one that begins or ends meanwhile may be missing, and one may be listed twice. Without Redis, those in the table of this host.',
        tags: ['sessions'],
        params: PoolParams.json,
        querystring: SessionsQuery.json,
        response: answers({ 200: json(SessionsDocument, 'A page.') }),
      },
    },
    async (request, reply) => {
      const pool = findPool(port, request.params.pool);
      if (pool === null) return sendProblem(reply, unknownPool(request.params.pool));
      const { after = null, limit = String(DEFAULT_SESSIONS_PER_PAGE) } = request.query;
      const wanted = Number(limit);
      if (wanted < 1 || wanted > MAX_SESSIONS_PER_PAGE) {
        const message = `expected a number from 1 to ${MAX_SESSIONS_PER_PAGE}`;
        const detail = 'The query has parameters that are not understood.';
        return sendProblem(reply, { type: 'invalid_query', detail, problems: [{ path: 'limit', message }] });
      }
      const page = await port.sessions.page(pool.id, { after, limit: wanted });
      switch (page.kind) {
        case 'ok': {
          const { sessions, next } = page;
          const listed = sessions.map(({ session, backend, leftMs }) => ({
            session,
            backend,
            left_ms: Math.round(leftMs),
          }));
          return { sessions: listed, next };
        }
        case 'no-such-page': {
          const detail = `There is no page after ${String(after)}: start again without \`after\`.`;
          return sendProblem(reply, { type: 'not_found', detail });
        }
        case 'busy': {
          const detail = 'Sessions are being listed for somebody else; try again.';
          return sendProblem(reply, { type: 'busy', detail, retryAfterSeconds: BUSY_RETRY_SECONDS });
        }
        case 'unavailable':
          return sendUnavailable(reply, page.reason);
      }
    },
  );
}

function flushRoute(app: AdminApp, port: ControlPort): void {
  app.delete(
    '/api/v1/pools/:pool/sessions',
    {
      schema: {
        operationId: 'flushSessions',
        summary: 'End all sessions of a pool',
        description:
          'The cookies of earlier sessions are ignored, so the next request of each client begins a new session. This holds on every host as soon as its workers have the snapshot. The version of the pool stays the same.',
        tags: ['sessions'],
        params: PoolParams.json,
        response: answers({ 204: { description: 'The sessions are ended.', type: 'null' } }),
      },
    },
    async (request, reply) => {
      const pool = poolId(request.params.pool);
      const result = await submitWrite(port, request, { type: 'FlushSessions', pool });
      if (result.kind === 'problem') return sendProblem(reply, result.problem);
      // Not awaited, because the bindings have no effect any more.
      void port.sessions.sweep(pool);
      return reply.code(204).send();
    },
  );
}

function endRoute(app: AdminApp, port: ControlPort): void {
  app.delete(
    '/api/v1/pools/:pool/sessions/:session',
    {
      schema: {
        operationId: 'endSession',
        summary: 'Take a session from its backend',
        description:
          'A backend is newly chosen for its next request, once its worker asks the store again: after 5 s at most; with Redis after a quarter of the timeout, at most 5 min. It is not recorded as an event.',
        tags: ['sessions'],
        params: SessionParams.json,
        response: answers({ 204: { description: 'It is taken from its backend.', type: 'null' } }),
      },
    },
    async (request, reply) => {
      const pool = findPool(port, request.params.pool);
      if (pool === null) return sendProblem(reply, unknownPool(request.params.pool));
      const { session } = request.params;
      const result = await port.sessions.end({ pool: pool.id, session });
      if (result.kind === 'unavailable') return sendUnavailable(reply, result.reason);
      if (result.kind === 'unknown') {
        const detail = `No session ${session} of pool ${pool.id} is known.`;
        return sendProblem(reply, { type: 'not_found', detail });
      }
      return reply.code(204).send();
    },
  );
}

function sendUnavailable(reply: FastifyReply, reason: string): FastifyReply {
  const detail = `The store of sessions cannot be used: ${reason}.`;
  return sendProblem(reply, { type: 'session_store', detail, retryAfterSeconds: STORE_RETRY_SECONDS });
}
