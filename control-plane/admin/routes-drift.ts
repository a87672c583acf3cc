/** Routes that show how what is in force differs from the file, and that go back to the file. */
import type { ControlPort } from '../control-port.js';
import { DriftDocument, ResetDocument, ResetRequest } from '../documents/config-documents.js';
import { driftOf } from '../domain/drift.js';
import { configVersion } from '../domain/reset-config.js';
import { differencesOf, driftDocuments, type PlacedDifference } from './drift-view.js';
import { sendProblem, type Problem } from './problem.js';
import type { RunTimeChanges } from './run-time-changes.js';
import { type AdminApp, answers, CONFIG_IF_MATCH, json } from './route-schemas.js';
import { etagOf, precondition, submitReset } from './writes.js';

/** Most places named to a client that asked for a place without a difference. */
const LISTED_PLACES = 10;

export function driftRoutes(app: AdminApp, port: ControlPort, changes: RunTimeChanges): void {
  app.get(
    '/api/v1/config/drift',
    {
      schema: {
        operationId: 'getDrift',
        summary: 'Differences between what is in force and the file',
        description:
          'What operators changed at run time. A change outlives reloads and restarts, until the file has a new value for the same place, or until it is reset.',
        tags: ['config'],
        response: answers({ 200: json(DriftDocument, 'All differences.', true) }),
      },
    },
    async (_request, reply) => {
      const { state } = port.world();
      const version = configVersion(state);
      const document: DriftDocument = {
        file: port.configFile,
        version,
        differences: driftDocuments(state, changes),
      };
      return reply.header('etag', etagOf({ version })).send(document);
    },
  );
  app.post(
    '/api/v1/config/reset',
    {
      schema: {
        operationId: 'resetConfig',
        summary: 'Go back to the file',
        description:
          'Undoes what operators changed at run time: settings and weights go back, added backends are removed, and removed ones come back. Draining and maintenance stay, because no file has them.',
        tags: ['config'],
        headers: CONFIG_IF_MATCH,
        body: ResetRequest.json,
        response: answers({ 200: json(ResetDocument, 'What was set back.', true) }),
      },
    },
    async (request, reply) => {
      const { state } = port.world();
      const all = differencesOf(state, changes);
      const { path } = request.body;
      const chosen = path === undefined ? all : all.filter(({ document }) => isWithin(document.path, path));
      if (path !== undefined && chosen.length === 0) return sendProblem(reply, nothingAt(path, all));
      const version = configVersion(state);
      const allowed = precondition(request.headers['if-match'], { version }, 'configuration');
      if (allowed.kind === 'problem') return sendProblem(reply, allowed.problem);
      const places = chosen.map(({ drift: { pool, backend, setting } }) => ({
        pool,
        ...(backend === undefined ? {} : { backend }),
        setting,
      }));
      const { expectedVersion } = allowed;
      const problem = await submitReset(port, request, { places, expectedVersion });
      if (problem !== null) return sendProblem(reply, problem);
      const after = port.world().state;
      return reply.header('etag', etagOf({ version: configVersion(after) })).send({
        reset: chosen.map(({ document }) => document.path),
        drift: driftOf(after).length,
      });
    },
  );
}

function isWithin(path: string, wanted: string): boolean {
  return path === wanted || path.startsWith(`${wanted}.`);
}

function nothingAt(path: string, all: readonly PlacedDifference[]): Problem {
  const places = all.slice(0, LISTED_PLACES).map(({ document }) => document.path);
  const more = all.length > places.length ? ` and ${all.length - places.length} more` : '';
  const others =
    all.length === 0 ? 'Nothing differs from the file.' : `These differ: ${places.join(', ')}${more}.`;
  return { type: 'not_found', detail: `Nothing at ${path} differs from the file. ${others}` };
}
