/** The turn from request to tunnel: the backend's 101 goes to the client, then bytes go both ways. */
import { STATUS_CODES, ServerResponse, type IncomingMessage } from 'node:http';
import { joinedField, responseFields } from '../routing/headers.js';
import type { Errand } from './errand.js';
import { headText } from './head-text.js';
import { runTunnel } from './tunnel.js';
import type { Upgraded } from './upstream-order.js';

/** Settles when the tunnel is closed. @param setCookie the value of a Set-Cookie to add, or `null` */
export function enterTunnel(
  errand: Errand,
  { response, socket, head }: Upgraded,
  setCookie: string | null,
): Promise<void> {
  const { account, arrival, settings } = errand;
  const { upgrade, request } = arrival;
  if (upgrade === null) throw new Error('upgraded without being asked');
  // From here on the connection is ours: node's response must not see it close.
  if (arrival.response instanceof ServerResponse) arrival.response.detachSocket(request.socket);
  upgrade.socket.write(switchedHead(response, setCookie), 'latin1');
  return runTunnel({
    client: upgrade.socket,
    clientHead: upgrade.head,
    backend: socket,
    backendHead: head,
    idleMs: settings.timeouts.tunnelIdleMs,
    onBug: (error) => errand.lost(error),
    onBytes: (direction, count) => {
      if (direction === 'received') account.received(count);
      else account.sent(count);
    },
  });
}

/** The head of 101 towards the client, as latin1. */
function switchedHead({ rawHeaders, statusMessage }: IncomingMessage, setCookie: string | null): string {
  const fields = responseFields(rawHeaders, {
    setCookie,
    own: ['Connection', 'Upgrade', 'Upgrade', joinedField(rawHeaders, 'upgrade') ?? ''],
  });
  return headText(`HTTP/1.1 101 ${statusMessage ?? STATUS_CODES[101] ?? ''}`, fields);
}
