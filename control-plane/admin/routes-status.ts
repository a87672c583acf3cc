/** Routes of the state of everything and of the workers. */
import type { Clock } from '#shared/ports.js';
import { RollDocument, StatusDocument, WorkersDocument } from '../documents/status-documents.js';
import type { RollRefusal } from '../workers/roller.js';
import { type Problem, sendProblem } from './problem.js';
import { type AdminApp, answers, json } from './route-schemas.js';
import { statusDocument, type ViewDeps } from './views.js';
import { rollDocument, workerDocuments } from './worker-view.js';
import { actorOf } from './writes.js';

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
    async () => {
      const { status: roll } = deps.port.rolls;
      const workers = await workerDocuments(deps.port);
      return roll === null ? { workers } : { workers, roll: rollDocument(roll) };
    },
  );
  app.post(
    '/api/v1/workers/roll',
    {
      schema: {
        operationId: 'rollWorkers',
        summary: 'Replace the workers of this host one after the other',
        description:
          'Takes no body. Each worker is asked to end once another forwards in its place, and has `timeouts.shutdown` to finish its requests. GET /api/v1/workers tells how far it is.',
        tags: ['status'],
        response: answers({ 202: json(RollDocument, 'It has begun.') }),
      },
    },
    async (request, reply) => {
      const refusal = deps.port.rolls.begin(actorOf(request).name ?? request.ip);
      const { status: roll } = deps.port.rolls;
      if (refusal !== null || roll === null) return sendProblem(reply, refused(refusal));
      return reply.code(202).send(rollDocument(roll));
    },
  );
}

function refused(refusal: RollRefusal): Problem {
  return refusal === 'under-way'
    ? {
        type: 'roll_under_way',
        detail: 'Workers are being replaced already; GET /api/v1/workers tells how far.',
      }
    : { type: 'refused', detail: 'No worker of this host forwards, so there is none to replace.' };
}
