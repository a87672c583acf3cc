/** Routes of pools: read them, and change their settings while they run. */
import { poolId } from '#shared/ids.js';
import { PoolChange, PoolDocument, PoolParams, PoolsDocument } from '../documents/pool-documents.js';
import { patchPoolSettings } from './pool-settings.js';
import { sendProblem } from './problem.js';
import { type AdminApp, answers, IF_MATCH, json } from './route-schemas.js';
import { poolDocument, poolDocuments, type ViewDeps, withElsewhere } from './views.js';
import { etagOf, findPool, precondition, submitWrite, unknownPool } from './writes.js';

export function poolRoutes(app: AdminApp, deps: ViewDeps): void {
  const { port } = deps;
  app.get(
    '/api/v1/pools',
    {
      schema: {
        operationId: 'listPools',
        summary: 'All pools',
        tags: ['pools'],
        response: answers({
          200: json(PoolsDocument, 'Settings and backends of all pools.'),
        }),
      },
    },
    async () => ({ pools: await poolDocuments(await withElsewhere(deps)) }),
  );
  app.get(
    '/api/v1/pools/:pool',
    {
      schema: {
        operationId: 'getPool',
        summary: 'One pool',
        tags: ['pools'],
        params: PoolParams.json,
        response: answers({ 200: json(PoolDocument, 'Its settings and backends.', true) }),
      },
    },
    async (request, reply) => {
      const pool = findPool(port, request.params.pool);
      if (pool === null) return sendProblem(reply, unknownPool(request.params.pool));
      const document = await poolDocument(await withElsewhere(deps), pool);
      return reply.header('etag', etagOf(pool)).send(document);
    },
  );
  app.patch(
    '/api/v1/pools/:pool',
    {
      schema: {
        operationId: 'changePool',
        summary: 'Change settings of a pool',
        description:
          'The settings apply at once. They outlive restarts, and reloads of a file in which the same settings are unchanged.',
        tags: ['pools'],
        params: PoolParams.json,
        headers: IF_MATCH,
        body: PoolChange.json,
        response: answers({ 200: json(PoolDocument, 'The pool after the change.', true) }),
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
        // With `*`, the change was merged into the settings as read here. A change that somebody else makes meanwhile
        // must not be undone.
        expectedVersion: allowed.expectedVersion ?? pool.version,
      });
      if (result.kind === 'problem') return sendProblem(reply, result.problem);
      const document = await poolDocument(await withElsewhere(deps), result.pool);
      return reply.header('etag', etagOf(result.pool)).send(document);
    },
  );
}
