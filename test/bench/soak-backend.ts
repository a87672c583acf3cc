/**
 * The application behind a soak: answers with the id of the request, checks that what it was sent belongs to that id, and
 * misbehaves as the path asks: `/soak/ID/KIND/SIZE`. Closes idle connections at random moments on its own account.
 *
 * Its HTTP is Node's: not the parser under test.
 */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { BodyCheck, bodyOf } from './soak-pattern.js';

/** ok, chunked, late, trickle answer whole. once: a reset first, then ok. The rest break off at the place they name. */
export type BackendKind =
  | 'ok'
  | 'chunked'
  | 'late'
  | 'trickle'
  | 'once'
  | 'reset-before'
  | 'reset-head'
  | 'reset-body'
  | 'cut-chunked'
  | 'early';

/** Share of answers after which the connection is closed while it lies idle. */
const IDLE_CLOSE_SHARE = 0.05;
const IDLE_CLOSE_WITHIN_MS = 30;
/** A reset throws away what the other side's window had no room for, so it follows only answers that fit into any. */
const RESET_BELOW_BYTES = 10_000;
/** So long that it is Tidegate that must close what it does not need. */
const KEEP_ALIVE_MS = 120_000;
const LATE_WITHIN_MS = 150;
const TRICKLE_PIECES = 8;
const TRICKLE_EVERY_MS = 25;
/** Ids of requests that were reset once. The retry comes at once, so few are needed. */
const MAX_REMEMBERED = 1_000;

export interface BackendFindings {
  /** A request reached a backend with the id, or with bytes, of another. */
  readonly onForeign: (what: string) => void;
  /** Something that is not HTTP reached a backend. */
  readonly onMalformed: (what: string) => void;
  readonly random: () => number;
  /** Shared by all backends: a retry goes to another one. */
  readonly resetOnce: Set<string>;
}

export class SoakBackend {
  readonly id: string;
  requests = 0;
  idleClosed = 0;
  port = 0;
  readonly #findings: BackendFindings;
  readonly #server: Server;
  /** Each with the path it was last asked for. */
  readonly #sockets = new Map<Socket, string>();
  /** Idle connections that will be closed, unless they are taken again before. */
  readonly #closing = new Map<Duplex, NodeJS.Timeout>();

  constructor(id: string, findings: BackendFindings) {
    this.id = id;
    this.#findings = findings;
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.#server.on('connection', (socket) => this.#connected(socket));
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const code = error.code ?? '';
      // A client that gives up within its request is passed on as an end within the request.
      if (code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE') findings.onMalformed(code);
      socket.destroy();
    });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  async listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.on('error', reject);
    this.#server.listen(0, '127.0.0.1', resolve);
    await promise;
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** The open connections, each by its state and its last request. */
  connections(): string[] {
    return [...this.#sockets].map(([socket, last]) => `${socket.readyState} ${last}`);
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#sockets.keys()) socket.destroy();
    await promise;
  }

  #connected(socket: Socket): void {
    this.#sockets.set(socket, '-');
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#taken(socket);
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    request.on('error', () => undefined); // Cut requests are part of the load.
    response.on('error', () => undefined);
    if (request.url === '/health') {
      response.end('ok');
      return;
    }
    this.requests += 1;
    const { socket } = request;
    this.#asked(socket, request.url ?? '');
    const { id, kind, size } = parsePath(request.url ?? '');
    this.#checkId(request, id);
    response.on('finish', () => this.#maybeCloseIdle(socket, size));
    const check = new BodyCheck(id);
    request.on('data', (piece: Buffer) => {
      check.push(piece);
      if (check.isForeign) this.#findings.onForeign(`a body of another request came with ${id}`);
    });
    if (kind === 'early') {
      answer(response, id, size);
      return;
    }
    request.on('end', () => {
      const length = request.headers['x-soak-length'];
      if (length !== undefined && Number(length) !== check.count) {
        this.#findings.onForeign(`${id}: ${check.count} bytes of ${String(length)} came as whole`);
      }
      this.#answer(response, { id, kind, size });
    });
  }

  #taken(socket: Duplex): void {
    clearTimeout(this.#closing.get(socket));
    this.#closing.delete(socket);
  }

  #asked(socket: Socket, what: string): void {
    this.#taken(socket);
    if (this.#sockets.has(socket)) this.#sockets.set(socket, what);
  }

  #checkId(request: IncomingMessage, id: string): void {
    const named = request.headers['x-soak-id'];
    if (named !== id) this.#findings.onForeign(`path of ${id}, fields of ${String(named)}`);
  }

  #answer(response: ServerResponse, { id, kind, size }: Asked): void {
    const socket = response.socket;
    if (socket === null) return; // The client went away meanwhile.
    const { random } = this.#findings;
    switch (kind) {
      case 'ok':
      case 'early':
        return answer(response, id, size);
      case 'late':
        setTimeout(() => answer(response, id, size), random() * LATE_WITHIN_MS);
        return;
      case 'chunked':
      case 'trickle':
        return pieces(response, { id, kind, size }, kind === 'trickle' ? TRICKLE_EVERY_MS : 0);
      case 'once':
        return this.#isFirst(id) ? void socket.resetAndDestroy() : answer(response, id, size);
      case 'reset-before':
        socket.resetAndDestroy();
        return;
      case 'reset-head':
        socket.write(`HTTP/1.1 200 OK\r\nx-soak-id: ${id}\r\ncontent-le`, () => socket.resetAndDestroy());
        return;
      case 'reset-body': {
        const head = `HTTP/1.1 200 OK\r\nx-soak-id: ${id}\r\ncontent-length: ${size + 1}\r\n\r\n`;
        socket.write(Buffer.concat([Buffer.from(head), bodyOf(id, size)]), () => socket.resetAndDestroy());
        return;
      }
      case 'cut-chunked': {
        const head = `HTTP/1.1 200 OK\r\nx-soak-id: ${id}\r\ntransfer-encoding: chunked\r\n\r\n`;
        socket.end(Buffer.concat([Buffer.from(`${head}${size.toString(16)}\r\n`), bodyOf(id, size)]));
        return;
      }
    }
  }

  #isFirst(id: string): boolean {
    const { resetOnce } = this.#findings;
    if (resetOnce.delete(id)) return false;
    if (resetOnce.size >= MAX_REMEMBERED) resetOnce.clear();
    resetOnce.add(id);
    return true;
  }

  #maybeCloseIdle(socket: Socket, size: number): void {
    const { random } = this.#findings;
    if (random() >= IDLE_CLOSE_SHARE || socket.destroyed) return;
    const isReset = size < RESET_BELOW_BYTES && random() < 0.5;
    const timer = setTimeout(() => {
      this.idleClosed += 1;
      if (isReset) socket.resetAndDestroy();
      else socket.end();
    }, random() * IDLE_CLOSE_WITHIN_MS);
    this.#closing.set(socket, timer);
  }

  /** Echoes what comes, until the client ends or it has had its fill of messages (`size`). */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { id, kind, size } = parsePath(request.url ?? '');
    this.requests += 1;
    this.#asked(socket as Socket, `upgrade ${request.url ?? ''}`);
    this.#checkId(request, id);
    let messages = 0;
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('data', (chunk: Buffer) => {
      messages += 1;
      if (size > 0 && messages >= size) {
        if (kind === 'reset-body') (socket as Socket).resetAndDestroy();
        else socket.end(chunk);
      } else socket.write(chunk);
    });
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nx-soak-id: ${id}\r\n\r\n`,
    );
    if (head.length > 0) socket.write(head);
  }
}

interface Asked {
  readonly id: string;
  readonly kind: BackendKind;
  readonly size: number;
}

function parsePath(path: string): Asked {
  const [, , id = '', kind = 'ok', size = '0'] = path.split('/');
  return { id, kind: kind as BackendKind, size: Number(size) };
}

function answer(response: ServerResponse, id: string, size: number): void {
  if (response.destroyed || response.writableEnded) return;
  response.writeHead(200, { 'x-soak-id': id, 'content-length': String(size) });
  response.end(bodyOf(id, size));
}

/** A chunked body; `everyMs` 0: in one go. */
function pieces(response: ServerResponse, { id, size }: Asked, everyMs: number): void {
  response.writeHead(200, { 'x-soak-id': id });
  const body = bodyOf(id, size);
  const step = Math.max(1, Math.ceil(size / TRICKLE_PIECES));
  let from = 0;
  const next = (): void => {
    if (response.destroyed) return;
    if (from >= size) {
      response.end();
      return;
    }
    response.write(body.subarray(from, from + step));
    from += step;
    if (everyMs === 0) next();
    else setTimeout(next, everyMs);
  };
  next();
}
