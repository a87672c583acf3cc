/** A client on a bare socket or on TLS: sends what it is told and shows what came back, byte by byte. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { waitUntil } from './wait-until.js';

/** Node's channel that tells of each connection that a server has accepted. */
const ACCEPTED = 'net.server.socket';

export interface RawClient<Socket extends net.Socket = net.Socket> {
  readonly socket: Socket;
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

/** A socket whose errors show by its end alone. */
export function openTcp(port: number): net.Socket {
  return net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
}

export interface TlsOptions extends tls.ConnectionOptions {
  readonly allowHalfOpen?: boolean;
}

/** As `openTcp`, but that it ends its side with the other. Takes any certificate, unless it is told which. */
export function openTls(port: number, options: TlsOptions = {}): tls.TLSSocket {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  return socket.on('error', () => undefined);
}

export async function connectRaw(port: number): Promise<RawClient> {
  return follow(openTcp(port), 'connect');
}

/** After the handshake, or the failure of it. */
export async function connectTls(port: number, options?: TlsOptions): Promise<RawClient<tls.TLSSocket>> {
  return follow(openTls(port, options), 'secureConnect');
}

async function follow<Socket extends net.Socket>(
  socket: Socket,
  connected: 'connect' | 'secureConnect',
): Promise<RawClient<Socket>> {
  /** What servers of this process have accepted: among it, the other end. */
  const accepted: net.Socket[] = [];
  const onAccepted = (message: unknown): void => {
    const { socket: other } = message as { readonly socket: net.Socket };
    if (socket.connecting || other.remotePort === socket.localPort) accepted.push(other);
  };
  subscribe(ACCEPTED, onAccepted);
  let received = '';
  let end: string | null = null;
  let isConnected = false;
  socket.on(connected, () => {
    isConnected = true;
  });
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
    unsubscribe(ACCEPTED, onAccepted);
    end ??= 'close';
  });
  await waitUntil('the connection', () => isConnected || end !== null);
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
        const peer = accepted.find(({ remotePort }) => remotePort === socket.localPort);
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
