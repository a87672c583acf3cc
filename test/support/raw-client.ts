/** A client on a bare socket: sends what it is told and shows what came back, byte by byte. */
import * as net from 'node:net';
import { waitUntil } from './wait-until.js';

/** Less than a test may take, so that a test says what it waited for. */
const LIMIT_MS = 4_000;

export interface RawClient {
  readonly socket: net.Socket;
  send(data: string | Buffer): void;
  /** All bytes received so far, as latin1. */
  received(): string;
  /** Waits until the bytes received match. */
  until(pattern: RegExp | string): Promise<string>;
  /** Waits for the end of the connection: `end` a clean one, or the error's code. */
  closed(): Promise<string>;
  close(): void;
}

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
    until: async (pattern) => {
      await waitUntil(`${String(pattern)} in ${JSON.stringify(received)}`, () => matches(pattern), LIMIT_MS);
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
