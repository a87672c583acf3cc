/**
 * Routes for machines that watch: is the process alive, does it serve, its metrics. And a list of all paths at `/`, for
 * people.
 */
import type { ControlPort } from '../control-port.js';
import * as field from '../documents/field.js';
import { isoTime } from '../domain/iso-time.js';
import { indexOf } from './api-description.js';
import { type AdminApp, answers } from './route-schemas.js';

/**
 * A further line if something is wrong although traffic is served. It does not say why, because that names paths, which
 * need a token to read.
 */
function degradation(port: ControlPort): string {
  const { since } = port.storage();
  return since === null ? '' : `degraded: nothing can be stored since ${isoTime(since)}; status says why\n`;
}

function textAnswer(description: string) {
  return { description, content: { 'text/plain': { schema: field.text().json } } };
}

export function probeRoutes(app: AdminApp, port: ControlPort): void {
  app.get(
    '/',
    {
      schema: {
        operationId: 'getIndex',
        summary: 'List of paths',
        tags: ['probes'],
        response: answers({ 200: textAnswer('A list of paths.') }),
      },
    },
    async (_request, reply) => reply.type('text/plain; charset=utf-8').send(indexOf(app.swagger())),
  );
  app.get(
    '/livez',
    {
      schema: {
        operationId: 'getLiveness',
        summary: 'Whether the primary answers',
        description: 'Needs no token.',
        tags: ['probes'],
        security: [],
        response: answers({ 200: textAnswer('It answers.') }),
      },
    },
    async (_request, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'),
  );
  app.get(
    '/readyz',
    {
      schema: {
        operationId: 'getReadiness',
        summary: 'Whether traffic is served',
        description:
          'Ready when a configuration is applied, the first health checks are made and at least one worker forwards. A line `degraded` says what is wrong nevertheless: while nothing can be stored, traffic is served and changes are refused. Needs no token.',
        tags: ['probes'],
        security: [],
        response: answers({ 200: textAnswer('Ready.'), 503: textAnswer('Not ready, and why.') }),
      },
    },
    async (_request, reply) => {
      const { ready, reason } = port.readiness();
      return reply
        .code(ready ? 200 : 503)
        .type('text/plain; charset=utf-8')
        .send(`${ready ? 'ready' : 'not ready'}: ${reason}\n${degradation(port)}`);
    },
  );
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'getMetrics',
        summary: 'Metrics of all processes',
        description: 'Prometheus text format 0.0.4.',
        tags: ['probes'],
        response: answers({ 200: textAnswer('The metrics.') }),
      },
    },
    async (_request, reply) => {
      const { contentType, body } = await port.metrics();
      return reply.type(contentType).send(body);
    },
  );
}
