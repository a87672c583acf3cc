/**
 * A backend that does as its test says, byte by byte if need be, and remembers all it was sent. Speaks on bare sockets,
 * so that nothing is added or put right on the way.
 */
import * as net from 'node:net';
import * as tls from 'node:tls';
import { listen } from './listen.js';
import { waitUntil } from './wait-until.js';

/** What is longer without being a request is none: the bytes of a tunnel. */
const LONGEST_HEAD = 1_000_000;

/** One connection to the backend. */
export interface BackendConnection {
  readonly socket: net.Socket;
  /** All bytes received so far, as latin1. */
  received(): string;
  /** Writes latin1 text or bytes. */
  write(data: string | Buffer): void;
}

/** Called for each complete request head. What it returns is written. */
export type BackendScript = (
  request: BackendRequest,
  connection: BackendConnection,
) => string | Buffer | void;

export interface BackendRequest {
  /** How many requests came before, over all connections. */
  readonly number: number;
  /** From the request line to the empty line, as sent. */
  readonly head: string;
  readonly method: string;
  readonly target: string;
  /** Value of the first field of this name, whatever its case. */
  field(name: string): string | undefined;
  /** All body bytes that have come so far. */
  body(): string;
}

export interface BackendServer {
  readonly port: number;
  readonly requests: readonly BackendRequest[];
  readonly connections: readonly BackendConnection[];
  /** Waits for so many requests. */
  sees(count: number): Promise<void>;
  /** Stops listening and cuts everything. */
  close(): Promise<void>;
}

export function answer(body: string, ...fields: readonly string[]): string {
  const lines = [
    'HTTP/1.1 200 OK',
    `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
    ...fields,
    '',
    body,
  ];
  return lines.join('\r\n');
}

export interface BackendOptions {
  readonly port?: number;
  readonly host?: string;
  /** With a certificate it speaks TLS. */
  readonly tls?: tls.TlsOptions;
  /** Called for each connection, before anything is read from it. */
  readonly onConnection?: (connection: BackendConnection) => void;
}

export async function startBackend(
  script: BackendScript,
  { port, host, tls: secure, onConnection }: BackendOptions = {},
): Promise<BackendServer> {
  const requests: BackendRequest[] = [];
  const connections: BackendConnection[] = [];
  const serve = (socket: net.Socket): void => {
    const connection = serveConnection(socket, requests, script);
    connections.push(connection);
    onConnection?.(connection);
  };
  const server =
    secure === undefined
      ? net.createServer({ allowHalfOpen: true }, serve)
      : tls.createServer({ allowHalfOpen: true, ...secure }, serve);
  server.on('tlsClientError', () => undefined);
  const listening = await listen(server, port, host);
  return {
    port: listening.port,
    requests,
    connections,
    sees: async (count) => {
      await waitUntil(`${count} requests at the backend`, () => requests.length >= count);
    },
    close: () => listening.close(),
  };
}

/** What has come on a connection. Joined when it is asked for, because large bodies come in many pieces. */
class Received {
  #pieces: string[] = [];
  length = 0;

  push(piece: string): void {
    this.#pieces.push(piece);
    this.length += piece.length;
  }

  text(): string {
    if (this.#pieces.length > 1) this.#pieces = [this.#pieces.join('')];
    return this.#pieces[0] ?? '';
  }
}

function serveConnection(
  socket: net.Socket,
  requests: BackendRequest[],
  script: BackendScript,
): BackendConnection {
  const received = new Received();
  /** Where the next head is looked for. */
  let from = 0;
  let rest: () => number | null = () => from;
  const connection: BackendConnection = {
    socket,
    received: () => received.text(),
    write: (data) => {
      if (socket.writable) socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
    },
  };
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    received.push(chunk.toString('latin1'));
    for (;;) {
      // The next head begins where the body before it ends.
      const start = rest();
      if (start === null) return;
      from = start;
      if (received.length - from > LONGEST_HEAD) return;
      const text = received.text();
      const end = text.indexOf('\r\n\r\n', from);
      const isHead = /^[\w!#$%&'*+.^`|~-]{1,80} [^\r\n]* HTTP\/1\.[01]\r\n/.test(text.slice(from));
      if (end < 0 || !isHead) return;
      const head = text.slice(from, end + 4);
      const bodyStart = end + 4;
      const request = requestOf(requests.length, head, () => received.text().slice(bodyStart));
      from = bodyStart;
      rest = () => bodyEnd(request, received, bodyStart);
      requests.push(request);
      const reply = script(request, connection);
      if (typeof reply === 'string' || Buffer.isBuffer(reply)) connection.write(reply);
    }
  });
  // A backend that is not told otherwise answers the end of a connection with its own.
  socket.on('end', () => socket.end());
  return connection;
}

function requestOf(number: number, head: string, body: () => string): BackendRequest {
  const [line = '', ...fields] = head.split('\r\n');
  const [method = '', target = ''] = line.split(' ');
  return {
    number,
    head,
    method,
    target,
    field: (name) => {
      const found = fields.find((field) => field.toLowerCase().startsWith(`${name.toLowerCase()}:`));
      return found?.slice(name.length + 1).trim();
    },
    body,
  };
}

/** Where the body ends, or `null` while it has not all come. */
function bodyEnd(request: BackendRequest, received: Received, bodyStart: number): number | null {
  if (request.field('transfer-encoding') === undefined) {
    const end = bodyStart + Number(request.field('content-length') ?? 0);
    return received.length >= end ? end : null;
  }
  const text = received.text();
  for (let at = bodyStart; ;) {
    const line = /^([0-9a-fA-F]+)[^\r\n]*\r\n/.exec(text.slice(at, at + 100));
    if (line === null) return null;
    const size = Number.parseInt(line[1] ?? '0', 16);
    if (size === 0) {
      const end = text.indexOf('\r\n\r\n', at);
      return end < 0 ? null : end + 4;
    }
    at += line[0].length + size + 2;
  }
}
