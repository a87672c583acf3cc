/** Routes of backends: read, add, change, remove. */
import type { FastifyReply } from 'fastify';
import { backendId, poolId } from '#shared/ids.js';
import { backendSettings } from '#shared/settings/backend.js';
import { changed } from '#shared/settings/choose.js';
import { defaultsOf } from '#shared/settings/complete.js';
import { Expected } from '#shared/settings/kind.js';
import { backendUrl } from '#shared/settings/names.js';
import {
  BackendChange,
  BackendDocument,
  BackendParams,
  BackendsDocument,
  NewBackend,
  PoolParams,
} from '../documents/pool-documents.js';
import type { BackendState, PoolState } from '../domain/state.js';
import { readChanges } from './backend-settings.js';
import { sendProblem, type Problem } from './problem.js';
import { type AdminApp, answers, IF_MATCH, json } from './route-schemas.js';
import { backendDocument, backendDocuments, type ViewDeps, withElsewhere } from './views.js';
import { etagOf, findPool, precondition, submitWrite, unknownBackend, unknownPool } from './writes.js';

export function backendRoutes(app: AdminApp, deps: ViewDeps): void {
  readRoutes(app, deps);
  addRoute(app, deps);
  changeRoute(app, deps);
  removeRoute(app, deps);
}

type Found =
  | { readonly kind: 'found'; readonly pool: PoolState; readonly backend: BackendState }
  | { readonly kind: 'problem'; readonly problem: Problem };

function find({ port }: ViewDeps, params: BackendParams): Found {
  const pool = findPool(port, params.pool);
  if (pool === null) return { kind: 'problem', problem: unknownPool(params.pool) };
  const backend = pool.backends.get(backendId(params.id));
  if (backend === undefined) return { kind: 'problem', problem: unknownBackend(params.pool, params.id) };
  return { kind: 'found', pool, backend };
}

async function sendBackend(
  deps: ViewDeps,
  reply: FastifyReply,
  pool: PoolState,
  id: string,
): Promise<FastifyReply> {
  const backend = pool.backends.get(backendId(id));
  if (backend === undefined) return sendProblem(reply, unknownBackend(pool.id, id));
  const document = backendDocument(await withElsewhere(deps), pool, backend);
  return reply.header('etag', etagOf(pool)).send(document);
}

function readRoutes(app: AdminApp, deps: ViewDeps): void {
  app.get(
    '/api/v1/pools/:pool/backends',
    {
      schema: {
        operationId: 'listBackends',
        summary: 'Backends of a pool',
        tags: ['backends'],
        params: PoolParams.json,
        response: answers({
          200: json(BackendsDocument, 'In the order in which they were added.', true),
        }),
      },
    },
    async (request, reply) => {
      const pool = findPool(deps.port, request.params.pool);
      if (pool === null) return sendProblem(reply, unknownPool(request.params.pool));
      const backends = await backendDocuments(await withElsewhere(deps), pool);
      return reply.header('etag', etagOf(pool)).send({ backends });
    },
  );
  app.get(
    '/api/v1/pools/:pool/backends/:id',
    {
      schema: {
        operationId: 'getBackend',
        summary: 'One backend',
        tags: ['backends'],
        params: BackendParams.json,
        response: answers({ 200: json(BackendDocument, 'Its state.', true) }),
      },
    },
    async (request, reply) => {
      const found = find(deps, request.params);
      if (found.kind === 'problem') return sendProblem(reply, found.problem);
      return sendBackend(deps, reply, found.pool, request.params.id);
    },
  );
}

function addRoute(app: AdminApp, deps: ViewDeps): void {
  app.post(
    '/api/v1/pools/:pool/backends',
    {
      schema: {
        operationId: 'addBackend',
        summary: 'Add a backend',
        description:
          'The backend is checked at once. It takes traffic after its first passed check, or at once if the pool has no checks.',
        tags: ['backends'],
        params: PoolParams.json,
        headers: IF_MATCH,
        body: NewBackend.json,
        response: answers({ 201: json(BackendDocument, 'The backend added.', true) }),
      },
    },
    async (request, reply) => {
      const { id, url } = request.body;
      const address = backendUrl.read(url);
      const read = readChanges(request.body);
      if (address instanceof Expected || read.kind === 'problems') {
        const problems = [
          ...(address instanceof Expected ? [{ path: 'url', message: address.message }] : []),
          ...(read.kind === 'problems' ? read.problems : []),
        ];
        const detail = 'This is not a backend; nothing was changed.';
        return sendProblem(reply, { type: 'invalid_body', detail, problems });
      }
      const pool = findPool(deps.port, request.params.pool);
      if (pool === null) return sendProblem(reply, unknownPool(request.params.pool));
      if (pool.backends.has(backendId(id))) {
        const detail = `Pool ${pool.id} already has a backend ${id}.`;
        return sendProblem(reply, { type: 'duplicate_backend', detail });
      }
      const allowed = precondition(request.headers['if-match'], pool);
      if (allowed.kind === 'problem') return sendProblem(reply, allowed.problem);
      const result = await submitWrite(deps.port, request, {
        type: 'AddBackend',
        pool: pool.id,
        backend: {
          id: backendId(id),
          address,
          ...changed(backendSettings, defaultsOf(backendSettings), read.changes),
        },
        expectedVersion: allowed.expectedVersion,
      });
      if (result.kind === 'problem') return sendProblem(reply, result.problem);
      const location = `/api/v1/pools/${pool.id}/backends/${id}`;
      return sendBackend(deps, reply.code(201).header('location', location), result.pool, id);
    },
  );
}

function changeRoute(app: AdminApp, deps: ViewDeps): void {
  app.patch(
    '/api/v1/pools/:pool/backends/:id',
    {
      schema: {
        operationId: 'changeBackend',
        summary: 'Change weight, connection limit or admin state of a backend',
        tags: ['backends'],
        params: BackendParams.json,
        headers: IF_MATCH,
        body: BackendChange.json,
        response: answers({ 200: json(BackendDocument, 'The backend after the change.', true) }),
      },
    },
    async (request, reply) => {
      const found = find(deps, request.params);
      if (found.kind === 'problem') return sendProblem(reply, found.problem);
      const allowed = precondition(request.headers['if-match'], found.pool);
      if (allowed.kind === 'problem') return sendProblem(reply, allowed.problem);
      const { admin } = request.body;
      const read = readChanges(request.body);
      if (read.kind === 'problems') {
        const detail = 'The settings are not valid; nothing was changed.';
        return sendProblem(reply, { type: 'invalid_body', detail, problems: read.problems });
      }
      const result = await submitWrite(deps.port, request, {
        type: 'ChangeBackend',
        pool: poolId(request.params.pool),
        backend: backendId(request.params.id),
        changes: read.changes,
        ...(admin === undefined ? {} : { admin }),
        expectedVersion: allowed.expectedVersion,
      });
      if (result.kind === 'problem') return sendProblem(reply, result.problem);
      return sendBackend(deps, reply, result.pool, request.params.id);
    },
  );
}

function removeRoute(app: AdminApp, deps: ViewDeps): void {
  app.delete(
    '/api/v1/pools/:pool/backends/:id',
    {
      schema: {
        operationId: 'removeBackend',
        summary: 'Remove a backend',
        description: 'Its requests in flight are finished, and it gets no new ones.',
        tags: ['backends'],
        params: BackendParams.json,
        headers: IF_MATCH,
        response: answers({ 204: { description: 'The backend was removed.', type: 'null' } }),
      },
    },
    async (request, reply) => {
      const found = find(deps, request.params);
      if (found.kind === 'problem') return sendProblem(reply, found.problem);
      const allowed = precondition(request.headers['if-match'], found.pool);
      if (allowed.kind === 'problem') return sendProblem(reply, allowed.problem);
      const result = await submitWrite(deps.port, request, {
        type: 'RemoveBackend',
        pool: poolId(request.params.pool),
        backend: backendId(request.params.id),
        expectedVersion: allowed.expectedVersion,
      });
      if (result.kind === 'problem') return sendProblem(reply, result.problem);
      return reply.code(204).header('etag', etagOf(result.pool)).send();
    },
  );
}
