/**
 * The socket of the main port that workers share. The primary binds it, and every worker inherits it and listens on it.
 * Therefore the socket outlives each worker. While no worker lives, connections wait in its queue instead of being refused.
 */
import { codeOf } from '#shared/error-text.js';
import { lookup } from 'node:dns/promises';
import net from 'node:net';

export interface ListeningSocket {
  readonly fd: number;
  /** Closes the primary's copy. The workers keep theirs. */
  close(): void;
}

/** The object that Node hands over for a socket from another process. It is undocumented, but Node offers nothing else. */
interface Handle {
  readonly fd: number;
  getsockname(out: { address?: string; port?: number }): number;
  close(): void;
}

/**
 * Binds a socket. Returns the error code of the system if that fails, and `null` if this Node cannot bind without listening.
 */
export async function bindSocket(host: string, port: number): Promise<ListeningSocket | string | null> {
  // `net.BoundSocket` is new in Node 26.
  if (!('BoundSocket' in net)) return null;
  try {
    const { address } = await lookup(host);
    const bound = new net.BoundSocket({ host: address, port });
    return { fd: bound.fd(), close: () => bound.close() };
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

/** Takes over a socket from another process if it is bound to the right address and port; otherwise closes it. */
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
