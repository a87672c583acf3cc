/** Pools: reading them, and changing their settings while they run. */
import type { FastifyInstance } from 'fastify';
import { poolId } from '#shared/ids.js';
import { patchPoolSettings, type PoolPatch } from './pool-settings.js';
import { sendProblem } from './problem.js';
import {
  ALGORITHM,
  answers,
  IF_MATCH,
  json,
  list,
  object,
  POOL_PARAMS,
  ref,
  type JsonSchema,
} from './schemas.js';
import { poolDocument, poolDocuments, type ViewSource } from './views.js';
import { etagOf, findPool, precondition, submitWrite, unknownPool } from './writes.js';

interface PoolRoute {
  readonly Params: { readonly pool: string };
}

/** Values are read by the schemas of the configuration file; here only what has a value is told. */
const SECTION: JsonSchema = {
  type: ['object', 'null'],
  additionalProperties: true,
  description:
    'Keys, units and ranges as in the configuration file, for example {"interval": "10s"}. Keys not given stay as they are, null sets one back to its default. null for the section turns it off, any key turns it on.',
};

/** It cannot be off: `null` sets it back to its defaults. */
const QUEUE: JsonSchema = {
  type: ['object', 'null'],
  additionalProperties: true,
  description:
    'What becomes of requests while all backends are at their limit. Keys, units and ranges as in the configuration file; null sets them back to their defaults.',
};

const POOL_PATCH: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    algorithm: ALGORITHM,
    health_check: SECTION,
    circuit_breaker: SECTION,
    max_connections: {
      type: ['integer', 'null'],
      description: 'For backends without a number of their own. null: no limit.',
    },
    queue: QUEUE,
    sticky_session: SECTION,
  },
};

export function poolRoutes(app: FastifyInstance, source: ViewSource): void {
  const { port } = source;
  app.get(
    '/api/v1/pools',
    {
      schema: {
        operationId: 'listPools',
        summary: 'All pools',
        tags: ['pools'],
        response: answers({
          200: json(object({ pools: list(ref('Pool')) }), 'Settings and backends of all pools.'),
        }),
      },
    },
    async () => ({ pools: await poolDocuments(source) }),
  );
  app.get<PoolRoute>(
    '/api/v1/pools/:pool',
    {
      schema: {
        operationId: 'getPool',
        summary: 'One pool',
        tags: ['pools'],
        params: POOL_PARAMS,
        response: answers({ 200: json(ref('Pool'), 'Its settings and backends.', true) }),
      },
    },
    async (request, reply) => {
      const pool = findPool(port, request.params.pool);
      if (pool === null) return sendProblem(reply, unknownPool(request.params.pool));
      const document = await poolDocument(source, pool);
      return reply.header('etag', etagOf(pool)).send(document);
    },
  );
  app.patch<PoolRoute & { readonly Body: PoolPatch }>(
    '/api/v1/pools/:pool',
    {
      schema: {
        operationId: 'changePool',
        summary: 'Change settings of a pool',
        description:
          'Applied at once, kept over restarts, and over reloads of a file that does not change them too.',
        tags: ['pools'],
        params: POOL_PARAMS,
        headers: IF_MATCH,
        body: POOL_PATCH,
        response: answers({ 200: json(ref('Pool'), 'The pool after the change.', true) }),
      },
    },
    async (request, reply) => {
      const pool = findPool(port, request.params.pool);
      if (pool === null) return sendProblem(reply, unknownPool(request.params.pool));
      const patched = patchPoolSettings(pool.id, pool.settings, request.body);
      if (patched.kind === 'problems') {
        const detail = 'The settings are not valid; nothing was changed.';
        return sendProblem(reply, { type: 'invalid_body', detail, problems: patched.problems });
      }
      const allowed = precondition(request.headers['if-match'], pool);
      if (allowed.kind === 'problem') return sendProblem(reply, allowed.problem);
      const result = await submitWrite(port, request, {
        type: 'ChangePool',
        pool: poolId(request.params.pool),
        settings: patched.settings,
        // `*` means the settings as read here, merged: what somebody else changed meanwhile must not be undone.
        expectedVersion: allowed.expectedVersion ?? pool.version,
      });
      if (result.kind === 'problem') return sendProblem(reply, result.problem);
      const document = await poolDocument(source, result.pool);
      return reply.header('etag', etagOf(result.pool)).send(document);
    },
  );
}
