/** Checks whether the port can be bound before any worker is forked, so that a failure gives one clear sentence. */
import { createServer } from 'node:net';
import type { Timers } from '#shared/ports.js';
import { authorityOf } from '#shared/address-text.js';

/** Pause between attempts while workers of a dead primary still hold the port, in milliseconds. */
const RETRY_MS = 20;

/** Binds the port and closes it again. Returns the error code of the system, or `null` if the port is free. */
export async function tryPort(host: string, port: number, reusePort: boolean): Promise<string | null> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<string | null>();
  server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  server.listen({ host, port, exclusive: true, reusePort }, () => server.close(() => resolve(null)));
  return promise;
}

/** Tries until the port is free or `limitMs` have passed. Returns the last error code, or `null` if the port is free. */
export async function untilPortFree(
  address: { readonly host: string; readonly port: number; readonly reusePort: boolean },
  limitMs: number,
  timers: Timers,
): Promise<string | null> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const code = await tryPort(address.host, address.port, address.reusePort);
    if (code !== 'EADDRINUSE' || performance.now() >= deadline) return code;
    const { promise, resolve } = Promise.withResolvers<void>();
    timers.after(RETRY_MS, resolve);
    await promise;
  }
}

/** The sentence for the operator when a port cannot be bound. */
export function listenProblem(what: string, host: string, port: number, code: string): string {
  const address = authorityOf({ host, port });
  switch (code) {
    case 'EADDRINUSE':
      return `${what}: ${address} is in use by another program; stop it or choose another port`;
    case 'EACCES':
      return `${what}: no permission to listen on ${address}; ports below 1024 need a privilege (CAP_NET_BIND_SERVICE)`;
    case 'ENOTFOUND':
      return `${what}: the name ${host} is not known`;
    case 'EADDRNOTAVAIL':
      return `${what}: ${address} is not an address of this machine`;
    default:
      return `${what}: cannot listen on ${address}: ${code}`;
  }
}
