/**
 * Backends of a fuzz. A fair one answers whatever it is asked, in every valid way, with what it was asked; a failure that is
 * counted against it was none of its own. A wild one answers anything.
 */
import * as net from 'node:net';
import { listen } from '../listen.js';
import type { Chance } from './chance.js';
import { RequestScanner, type ScannedRequest } from './request-scanner.js';
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
const BIG = 'x'.repeat(100_000);

export async function startFairBackend(chance: Chance): Promise<FuzzBackend> {
  const server = net.createServer({ allowHalfOpen: true });
  const backend: FuzzBackend = { ...(await listen(server)), answered: 0, complaints: [] };
  server.on('connection', (socket: net.Socket) => {
    const scanner = new RequestScanner();
    let isEarly = false;
    const answer = (request: ScannedRequest, kinds: number): void => {
      backend.answered += 1;
      const { text, isLast } = fairAnswer(chance.between(0, kinds), request);
      socket.write(text, 'latin1');
      if (isLast) socket.end();
    };
    const began = (request: ScannedRequest): void => {
      if (/\r\nexpect: *100-continue/i.test(request.head)) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      // Some answer before they have read it all, and read on. One that closes then may lose its answer by that.
      isEarly = chance.maybe(0.1);
      if (isEarly) answer(request, 4);
    };
    const ended = (request: ScannedRequest): void => {
      if (!isEarly) answer(request, 9);
    };
    socket.on('data', (chunk: Buffer) => {
      try {
        if (!socket.writableEnded) scanner.push(chunk, began, ended);
      } catch (error) {
        backend.complaints.push(String(error));
        socket.destroy();
      }
    });
    socket.on('end', () => socket.end());
  });
  return backend;
}

function fairAnswer(kind: number, { method, id }: ScannedRequest): { text: string; isLast: boolean } {
  const own = `X-Fuzz: ${id}\r\nX-Backend: fair\r\n`;
  const sized = (body: string, more = ''): string =>
    `HTTP/1.1 200 OK\r\n${own}${more}Content-Length: ${body.length}\r\n\r\n${method === 'HEAD' ? '' : body}`;
  if (kind === 0) return { text: `HTTP/1.1 204 No Content\r\n${own}\r\n`, isLast: false };
  if (kind === 1) return { text: `HTTP/1.1 304 Not Modified\r\n${own}ETag: "x"\r\n\r\n`, isLast: false };
  if (kind === 2 && method !== 'HEAD') {
    const body = '4\r\npart\r\n0\r\nX-Sum: 7\r\n\r\n';
    const head = `HTTP/1.1 200 OK\r\n${own}Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n`;
    return { text: head + body, isLast: false };
  }
  if (kind === 3) {
    return { text: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${sized('after hints')}`, isLast: false };
  }
  if (kind === 4) return { text: sized(BIG, 'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n'), isLast: false };
  if (kind === 5) return { text: sized('last', 'Connection: close\r\n'), isLast: true };
  return { text: sized('ok'), isLast: false };
}

export async function startWildBackend(chance: Chance): Promise<FuzzBackend> {
  const server = net.createServer({ allowHalfOpen: true });
  const backend: FuzzBackend = { ...(await listen(server)), answered: 0, complaints: [] };
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
