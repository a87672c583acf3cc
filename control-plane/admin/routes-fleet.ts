/** Routes of the fleet that this host belongs to: its hosts, and what became of a write. */
import type { ControlPort } from '../control-port.js';
import { HostsDocument, WriteDocument, WriteParams } from '../documents/fleet-documents.js';
import { fleetHeaders, hostDocument, writeDocument } from './fleet-view.js';
import { sendProblem } from './problem.js';
import { type AdminApp, answers, json } from './route-schemas.js';

export function fleetRoutes(app: AdminApp, port: ControlPort): void {
  app.get(
    '/api/v1/hosts',
    {
      schema: {
        operationId: 'listHosts',
        summary: 'Hosts of the fleet',
        description:
          'All hosts that were heard of within the last minute or that the log of the fleet has, by name. No hosts where there is no fleet.',
        tags: ['fleet'],
        response: answers({ 200: json(HostsDocument, 'All hosts.') }),
      },
    },
    async () => {
      if (port.fleet === null) return { fleet: null, asked: false, hosts: [] };
      const { isAsked, hosts } = await port.fleet.hosts();
      return { fleet: port.fleet.name, asked: isAsked, hosts: hosts.map(hostDocument) };
    },
  );
  app.get(
    '/api/v1/writes/:nonce',
    {
      schema: {
        operationId: 'getWrite',
        summary: 'What became of a write of unknown outcome',
        description:
          'Any host of the fleet knows the last 1,000 answers of leaders. Only the host that took the write knows of one that nobody has answered.',
        tags: ['fleet'],
        params: WriteParams.json,
        response: answers({ 200: json(WriteDocument, 'What became of it.') }),
      },
    },
    async (request, reply) => {
      const { nonce } = request.params;
      const { fleet } = port;
      if (fleet === null) {
        const detail = 'This host belongs to no fleet: the answer to a write says what became of it.';
        return sendProblem(reply, { type: 'unknown_write', detail });
      }
      const fate = await fleet.findWrite(nonce);
      if (fate?.kind === 'unavailable') {
        const detail = `Redis cannot be asked now, and only Redis has the answers to writes: ${fate.reason}. Try again.`;
        return sendProblem(reply, { type: 'control_plane_unavailable', detail, retryAfterSeconds: 5 });
      }
      if (fate === null) {
        const detail = `No answer to a write ${nonce} is kept: another host took it and nobody answered it, or its answer is older than the last 1,000.`;
        return sendProblem(reply, { type: 'unknown_write', detail });
      }
      return writeDocument(nonce, fate);
    },
  );
}

/** Answers to reads say how new they are. A stream of events does so itself. */
export function datedReads(app: AdminApp, { fleet }: Pick<ControlPort, 'fleet'>): void {
  if (fleet === null) return;
  app.addHook('onSend', async (request, reply) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && request.url.startsWith('/api/')) reply.headers(fleetHeaders(fleet));
  });
}
