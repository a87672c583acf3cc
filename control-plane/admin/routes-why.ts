/** Route that explains why a backend is, or was, in rotation or out of it. */
import { backendId, poolId } from '#shared/ids.js';
import { takesTraffic } from '#shared/role.js';
import type { Clock } from '#shared/ports.js';
import type { ControlPort } from '../control-port.js';
import { WhyDocument, WhyQuery } from '../documents/event-documents.js';
import { BackendParams } from '../documents/pool-documents.js';
import { NOT_JUDGED } from './availability-reason.js';
import { isoTime } from '../domain/iso-time.js';
import type { Question } from '../domain/why.js';
import { elsewhereIn } from './fleet-view.js';
import { sendProblem } from './problem.js';
import { type AdminApp, answers, json } from './route-schemas.js';
import { whyDocument } from './why-view.js';
import { unknownBackend } from './writes.js';

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Reads an ISO 8601 time with its zone, or a number of milliseconds since 1970. Returns milliseconds since 1970, or
 * `null` if the text is neither.
 */
function parseInstant(text: string): number | null {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const at = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

export function whyRoutes(app: AdminApp, port: ControlPort, clock: Clock): void {
  app.get(
    '/api/v1/pools/:pool/backends/:id/why',
    {
      schema: {
        operationId: 'explainBackend',
        summary: 'Why a backend is, or was, as it is',
        description:
          'The chain of events since the backend was added, each with the evidence that decided it. Also for backends that have been removed, as far back as the event log goes.',
        tags: ['backends'],
        params: BackendParams.json,
        querystring: WhyQuery.json,
        response: answers({ 200: json(WhyDocument, 'The explanation.') }),
      },
    },
    async (request, reply) => {
      const now = Math.max(clock.now(), port.world().state.at);
      const at = request.query.at === undefined ? now : parseInstant(request.query.at);
      if (at === null) {
        const message = 'expected a time such as 2026-01-31T03:00:00Z, or milliseconds since 1970';
        const detail = 'The time is not understood.';
        return sendProblem(reply, { type: 'invalid_query', detail, problems: [{ path: 'at', message }] });
      }
      const { pool, id } = request.params;
      const question = { pool: poolId(pool), backend: backendId(id), at: Math.min(at, now) };
      const explanation = await port.history.why(question);
      if (explanation !== null) {
        const told = await toldBy(port, question, request.query.at === undefined);
        const isJudged = takesTraffic(port.role) || explanation.availability === null;
        return whyDocument(
          isJudged ? explanation : { ...explanation, headline: `${id}: ${NOT_JUDGED}.` },
          told,
        );
      }
      // The backend may exist now, so the answer names the time that it is about.
      const then = `There was no backend ${id} in pool ${pool} at ${isoTime(question.at)}.`;
      const unknown = unknownBackend(pool, id);
      return sendProblem(reply, request.query.at === undefined ? unknown : { ...unknown, detail: then });
    },
  );
}

/** Whose verdict an explanation is. What other hosts say is known of the present alone. */
async function toldBy(
  { host, fleet }: ControlPort,
  { pool, backend }: Question,
  isPresent: boolean,
): Promise<Pick<WhyDocument, 'verdict_of' | 'elsewhere'>> {
  if (fleet === null) return {};
  if (!isPresent) return { verdict_of: host };
  return { verdict_of: host, elsewhere: elsewhereIn(await fleet.hosts())(pool, backend) };
}
