/** Routes of the state of everything and of the workers. */
import type { Clock } from '#shared/ports.js';
import { StatusDocument, WorkersDocument } from '../documents/status-documents.js';
import { type AdminApp, answers, json } from './route-schemas.js';
import { statusDocument, type ViewDeps } from './views.js';
import { workerDocuments } from './worker-view.js';

export function statusRoutes(app: AdminApp, deps: ViewDeps, clock: Clock): void {
  app.get(
    '/api/v1/status',
    {
      schema: {
        operationId: 'getStatus',
        summary: 'Pools, backends and workers at a glance',
        tags: ['status'],
        response: answers({ 200: json(StatusDocument, 'The state now.') }),
      },
    },
    async () => statusDocument(deps, clock.now()),
  );
  app.get(
    '/api/v1/workers',
    {
      schema: {
        operationId: 'listWorkers',
        summary: 'The forwarding processes',
        description:
          '`converged` is the proof that a worker routes by the newest snapshot. In a fleet: those of all live hosts.',
        tags: ['status'],
        response: answers({ 200: json(WorkersDocument, 'All workers.') }),
      },
    },
    async () => ({ workers: await workerDocuments(deps.port) }),
  );
}
