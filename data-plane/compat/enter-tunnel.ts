/** The turn from request to tunnel: the backend's 101 goes to the client, then bytes go both ways. */
import { ServerResponse, STATUS_CODES } from 'node:http';
import type { ForwarderContext } from '../forwarder.js';
import { joinedField, responseFields } from '../routing/headers.js';
import type { AttemptEnd } from './attempt.js';
import type { Choice, Errand } from './errand.js';
import { runTunnel } from './tunnel.js';

/** Settles when the tunnel is closed. */
export async function enterTunnel(
  context: ForwarderContext,
  errand: Errand,
  { pool, chosen }: Choice,
  end: Extract<AttemptEnd, { kind: 'upgraded' }>,
): Promise<void> {
  const { exchange, settings, chooser } = errand;
  const { response, upgrade, request } = exchange.arrival;
  if (upgrade === null || exchange.clientGone) {
    // Nobody is there to see it.
    end.socket.destroy();
    return;
  }
  const fields = responseFields(end.response.rawHeaders, {
    setCookie: chooser.setCookie(pool, chosen.backend),
    own: ['Connection', 'Upgrade', 'Upgrade', joinedField(end.response.rawHeaders, 'upgrade') ?? ''],
  });
  const lines = [`HTTP/1.1 101 ${end.response.statusMessage ?? STATUS_CODES[101] ?? ''}`];
  for (let i = 0; i + 1 < fields.length; i += 2) lines.push(`${fields[i] ?? ''}: ${fields[i + 1] ?? ''}`);
  // From here on the connection is ours: node's response must not see it close.
  if (response instanceof ServerResponse) response.detachSocket(request.socket);
  upgrade.socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  context.series.counters.add(exchange.series.tunnels, 1);
  await runTunnel({
    client: upgrade.socket,
    clientHead: upgrade.head,
    backend: end.socket,
    backendHead: end.head,
    idleMs: settings.timeouts.tunnelIdleMs,
    onBytes: (direction, count) => {
      if (direction === 'received') exchange.received(count);
      else exchange.sent(count);
    },
  });
}
