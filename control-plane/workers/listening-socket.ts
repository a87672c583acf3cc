/**
 * The socket of the main port where workers share it. The primary binds it, every worker inherits it and listens on it.
 * So it outlives each of them, and while none lives, connections wait in its queue instead of being refused.
 */
import { codeOf } from '#shared/error-text.js';
import { lookup } from 'node:dns/promises';
import net from 'node:net';

export interface ListeningSocket {
  readonly fd: number;
  /** From now on it is the workers' alone. */
  close(): void;
}

/** What node hands out for a socket that came from another process. Not in its documentation, but all it has. */
interface Handle {
  readonly fd: number;
  getsockname(out: { address?: string; port?: number }): number;
  close(): void;
}

/** Binds it. Answers the system's error code where that fails, `null` where this node cannot bind without accepting. */
export async function bindSocket(host: string, port: number): Promise<ListeningSocket | string | null> {
  // Came with node 26; older ones may lack it.
  if (!('BoundSocket' in net)) return null;
  try {
    const { address } = await lookup(host);
    const bound = new net.BoundSocket({ host: address, port });
    return { fd: bound.fd(), close: () => bound.close() };
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

/** One that came from another process, if it is bound where it should be; else it is closed. */
export async function adoptSocket(
  handle: unknown,
  host: string,
  port: number,
): Promise<ListeningSocket | null> {
  if (!isHandle(handle)) return null;
  const bound: { address?: string; port?: number } = {};
  const code = handle.getsockname(bound);
  const { address } = await lookup(host);
  if (code === 0 && bound.port === port && bound.address === address) {
    return { fd: handle.fd, close: () => handle.close() };
  }
  handle.close();
  return null;
}

function isHandle(value: unknown): value is Handle {
  return (
    typeof value === 'object' &&
    value !== null &&
    'fd' in value &&
    typeof value.fd === 'number' &&
    'getsockname' in value &&
    'close' in value
  );
}
