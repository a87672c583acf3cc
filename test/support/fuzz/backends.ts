/**
 * Backends of a fuzz. A fair one answers whatever it is asked, in every valid way, with what it was asked; a failure that is
 * counted against it was none of its own. A wild one answers anything.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as net from 'node:net';
import type { Chance } from './chance.js';
import { pieces, spoil } from './requests.js';
import { BAD_NAMES, BAD_VALUES, NAMES, STATUSES, VALUES } from './words.js';

export interface FuzzBackend {
  readonly port: number;
  /** Requests whose answer was begun. */
  answered: number;
  /** What it could not read, though it came through a proxy that lets only valid messages through. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** How long a wild backend keeps a connection on which nothing comes. */
const WILD_PATIENCE_MS = 200;
const BIG = Buffer.alloc(100_000, 'x');

export async function startFairBackend(chance: Chance): Promise<FuzzBackend> {
  const server = createServer({
    maxHeaderSize: 64 * 1024,
    requireHostHeader: false,
    requestTimeout: 0,
    // Longer than Tidegate keeps an idle connection, so that none is closed just when it is used.
    keepAliveTimeout: 60_000,
  });
  server.maxHeadersCount = 0;
  const sockets = socketsOf(server);
  const backend: FuzzBackend = {
    port: 0,
    answered: 0,
    complaints: [],
    close: () => closeAll(server, sockets),
  };
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const answer = (isWhole: boolean): void => {
      if (request.socket.destroyed) return;
      backend.answered += 1;
      // One that closes before it has read everything may lose its answer by that.
      fairAnswer(chance.between(0, isWhole ? 9 : 4), request, response);
    };
    // Some answer before they have read it all, and read on.
    if (chance.maybe(0.1)) answer(false);
    else request.on('end', () => answer(true));
    request.resume();
  };
  server.on('request', serve);
  server.on('checkExpectation', serve);
  server.on('checkContinue', (request, response) => {
    response.writeContinue();
    serve(request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
    // Tidegate cuts what a client has left.
    if (error.code !== 'ECONNRESET' && error.code !== 'HPE_INVALID_EOF_STATE' && error.code !== 'EPIPE') {
      backend.complaints.push(
        `${error.code} ${error.message} ${JSON.stringify(String(error.rawPacket).slice(0, 400))}`,
      );
    }
    socket.destroy();
  });
  Object.assign(backend, { port: await listen(server) });
  return backend;
}

function fairAnswer(kind: number, request: IncomingMessage, response: ServerResponse): void {
  const fields = { 'x-fuzz': request.headers['x-fuzz'] ?? '-', 'x-backend': 'fair' };
  if (kind === 0) {
    response.writeHead(204, fields).end();
  } else if (kind === 1) {
    response.writeHead(304, { ...fields, etag: '"x"' }).end();
  } else if (kind === 2 && request.method !== 'HEAD' && request.httpVersion === '1.1') {
    response.writeHead(200, { ...fields, trailer: 'x-sum' });
    response.write('part');
    response.addTrailers({ 'x-sum': '7' });
    response.end();
  } else if (kind === 3) {
    response.writeEarlyHints({ link: '</a>; rel=preload' });
    response.writeHead(200, fields).end('after hints');
  } else if (kind === 4) {
    response.writeHead(200, { ...fields, 'set-cookie': ['a=1', 'b=2'] }).end(BIG);
  } else if (kind === 5) {
    response.writeHead(200, { ...fields, connection: 'close' }).end('last');
  } else {
    response.writeHead(200, { ...fields, 'content-length': '2' }).end('ok');
  }
}

export async function startWildBackend(chance: Chance): Promise<FuzzBackend> {
  const server = net.createServer({ allowHalfOpen: true });
  const sockets = socketsOf(server);
  const backend: FuzzBackend = {
    port: 0,
    answered: 0,
    complaints: [],
    close: () => closeAll(server, sockets),
  };
  server.on('connection', (socket: net.Socket) => {
    // Some speak before they are asked.
    if (chance.maybe(0.01)) socket.write(wildAnswer(chance));
    socket.on('data', (chunk: Buffer) => {
      if (!chunk.includes('\r\n\r\n') || socket.writableEnded) return;
      backend.answered += 1;
      for (const piece of pieces(chance, wildAnswer(chance))) socket.write(piece);
      const then = chance.between(0, 9);
      if (then === 0) socket.end();
      else if (then === 1) socket.destroySoon();
      else if (then === 2) socket.resetAndDestroy();
    });
    // What is not whole would keep its client waiting.
    socket.setTimeout(WILD_PATIENCE_MS, () => socket.destroy());
    socket.on('end', () => socket.end());
  });
  Object.assign(backend, { port: await listen(server) });
  return backend;
}

function wildAnswer(chance: Chance): Buffer {
  let text = '';
  for (let interim = chance.maybe(0.1) ? chance.between(1, 20) : 0; interim > 0; interim -= 1) {
    text += wildHead(chance, chance.one([100, 102, 103, 199]), []);
  }
  const body = 'w'.repeat(chance.one([0, 1, 10, 1_000, 40_000]));
  const framing = chance.between(0, 4);
  const status = chance.one(STATUSES);
  if (framing <= 1) text += wildHead(chance, status, [`Content-Length: ${body.length}`]) + body;
  else if (framing === 2) {
    const trailers = chance.maybe(0.5)
      ? chance.some(NAMES, 3).map((name) => `${name}: ${chance.one(VALUES)}\r\n`)
      : [];
    const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`;
    text += `${wildHead(chance, status, ['Transfer-Encoding: chunked'])}${chunk}0\r\n${trailers.join('')}\r\n`;
  } else if (framing === 3) text += wildHead(chance, status, ['Content-Length: 10']) + body.slice(0, 9);
  else text += wildHead(chance, status, []) + body;
  const bytes = Buffer.from(text, 'latin1');
  return chance.maybe(0.3) ? spoil(chance, bytes) : bytes;
}

function wildHead(chance: Chance, status: number, framing: readonly string[]): string {
  const odd = chance.maybe(0.1);
  const names = odd ? [...NAMES, ...BAD_NAMES] : NAMES;
  const values = odd ? [...VALUES, ...BAD_VALUES] : VALUES;
  const fields = chance.some(names, 4).map((name) => `${name}: ${chance.one(values)}`);
  const version = chance.maybe(0.95)
    ? 'HTTP/1.1'
    : chance.one(['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.2', 'PRI *', '']);
  return [
    `${version} ${status} ${chance.one(['OK', '', '\u00e9', 'a b'])}`,
    ...fields,
    ...framing,
    '',
    '',
  ].join('\r\n');
}

function socketsOf(server: net.Server): Set<net.Socket> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  return sockets;
}

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

async function closeAll(server: net.Server, sockets: ReadonlySet<net.Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of sockets) socket.destroy();
  await closed;
}
