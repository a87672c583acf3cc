/** A client on a bare socket: sends what it is told and shows what came back, byte by byte. */
import { subscribe } from 'node:diagnostics_channel';
import * as net from 'node:net';
import { waitUntil } from './wait-until.js';

export interface RawClient {
  readonly socket: net.Socket;
  send(data: string | Buffer): void;
  /** All bytes received so far, as latin1. */
  received(): string;
  /** Waits until the other end, which is a server of this process, has read all that was sent. */
  taken(): Promise<void>;
  /** Waits until the bytes received match. */
  until(pattern: RegExp | string): Promise<string>;
  /** Waits for the end of the connection: `end` a clean one, or the error's code. */
  closed(): Promise<string>;
  close(): void;
}

/** Sockets that servers of this process have accepted, by the port of their client. */
const accepted = new Map<number, net.Socket>();
subscribe('net.server.socket', (message) => {
  const { socket } = message as { readonly socket: net.Socket };
  const { remotePort } = socket;
  if (remotePort === undefined) return;
  accepted.set(remotePort, socket);
  socket.once('close', () => accepted.delete(remotePort));
});

export async function connectRaw(port: number, host = '127.0.0.1'): Promise<RawClient> {
  const socket = net.connect({ port, host, allowHalfOpen: true });
  let received = '';
  let end: string | null = null;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
  });
  socket.on('end', () => {
    end ??= 'end';
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    end ??= error.code ?? 'error';
  });
  socket.on('close', () => {
    end ??= 'close';
  });
  await waitUntil('the connection', () => socket.readyState === 'open' || end !== null);
  const matches = (pattern: RegExp | string): boolean =>
    typeof pattern === 'string' ? received.includes(pattern) : pattern.test(received);
  return {
    socket,
    send: (data) => {
      socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
    },
    received: () => received,
    taken: async () => {
      await waitUntil('the other end to read what was sent', () => {
        const peer = accepted.get(socket.localPort ?? 0);
        return peer !== undefined && peer.bytesRead === socket.bytesWritten;
      });
    },
    until: async (pattern) => {
      await waitUntil(`${String(pattern)} in ${JSON.stringify(received)}`, () => matches(pattern));
      return received;
    },
    closed: () => waitUntil(`the end of the connection`, () => end),
    close: () => socket.destroy(),
  };
}

/** Sends one request on a connection of its own and reads until the connection ends or the answer is complete. */
export async function exchangeRaw(port: number, request: string): Promise<string> {
  const client = await connectRaw(port);
  client.send(request);
  await client.closed();
  client.close();
  return client.received();
}
