/**
 * Traffic at a steady rate, for tests that ask whether a request was lost while something happened to Tidegate.
 *
 * Open loop: a request is due every 1/rate seconds whatever the answers do; while every connection is busy, due
 * requests wait in line and their latency counts from when they were due. Nothing is repeated and nothing is hidden:
 * whatever is not a 2xx answer to a request that was written is a failure. A connection whose answer said
 * `Connection: close` is not used again (that would be the client's fault), and one that ends while idle is replaced.
 */
import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { quantile } from './quantile.js';
import { ResponseScanner, type ScannedResponse, fieldOf } from './response-scanner.js';

type Headers = Readonly<Record<string, string>>;

export interface LoadOptions {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Any certificate is accepted. */
  readonly tls?: boolean;
  /** Requests per second. */
  readonly rate: number;
  /** Most connections open at one time. They are opened as they are needed. */
  readonly connections: number;
  /** How many are ever due. Default: as many as there is time for, until `stop`. */
  readonly requests?: number;
  /** Default `/`. A function is told the number of the request, from 0. */
  readonly path?: string | ((request: number) => string);
  /** A function is told the number of the request, from 0. */
  readonly headers?: Headers | ((request: number) => Headers);
  /** Called for every complete answer; bodies are kept only when this is given. */
  readonly onResponse?: (response: ScannedResponse, request: number) => void;
  /** How long `stop` waits for the next answer while some are still owed. Default 10 s. */
  readonly settleMs?: number;
}

export interface LoadResult {
  /** Requests written, or that failed because no connection could be made for them. */
  readonly sent: number;
  readonly answered: number;
  readonly statuses: Map<number, number>;
  /** What happened to the first 50 requests that got no 2xx answer, one line each. */
  readonly failures: string[];
  /** How many there were in all. */
  readonly failureCount: number;
  readonly connectionsOpened: number;
  /** Milliseconds from when a request was due to its whole answer; 0 when nothing was answered. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** The same of each request, from the shortest on. */
  readonly latenciesMs: readonly number[];
}

function fieldLines(headers: Headers): string {
  return Object.entries({ host: 'load.test', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

const MAX_FAILURES_KEPT = 50;
const MAX_LATENCIES_KEPT = 1_000_000;
const TICK_MS = 2;
const DEFAULT_SETTLE_MS = 10_000;
const CONNECT_LIMIT_MS = 5_000;

interface Pending {
  readonly request: number;
  readonly path: string;
  readonly dueAt: number;
}

interface Connection {
  readonly socket: Socket;
  readonly scanner: ResponseScanner;
  readonly number: number;
  /** Requests written on this connection so far. */
  used: number;
  state: 'connecting' | 'idle' | 'busy' | 'gone';
  pending: Pending | null;
}

export class Load {
  readonly #options: LoadOptions;
  readonly #fieldsOf: (request: number) => string;
  readonly #connections = new Set<Connection>();
  readonly #idle: Connection[] = [];
  readonly #line: Pending[] = [];
  readonly #statuses = new Map<number, number>();
  readonly #failures: string[] = [];
  readonly #latencies: number[] = [];
  #failureCount = 0;
  #startedAt = 0;
  #due = 0;
  #sent = 0;
  #answered = 0;
  #opened = 0;
  #timer: NodeJS.Timeout | null = null;
  #settled: (() => void) | null = null;
  #settleLimit: NodeJS.Timeout | null = null;

  constructor(options: LoadOptions) {
    if (!(options.rate > 0) || !(options.connections > 0)) {
      throw new RangeError('rate and connections: above 0');
    }
    this.#options = options;
    const { headers = {} } = options;
    if (typeof headers === 'function') {
      this.#fieldsOf = (request) => fieldLines(headers(request));
    } else {
      const fields = fieldLines(headers);
      this.#fieldsOf = () => fields;
    }
  }

  /** Requests that got no 2xx answer so far, for tests that watch while it runs. */
  get failureCount(): number {
    return this.#failureCount;
  }

  get answered(): number {
    return this.#answered;
  }

  /** Requests that have become due so far, written or not. */
  get due(): number {
    return this.#due;
  }

  start(): void {
    if (this.#timer !== null || this.#startedAt > 0) throw new Error('a load starts once');
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /**
   * Nothing more is due: waits for the answers still owed, as long as they come, and closes every connection. On a busy
   * machine the line may be long, which is nobody's failure. What is not answered by then failed.
   */
  async stop(): Promise<LoadResult> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    if (this.#owed() > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#settled = resolve;
      this.#settleLimit = setTimeout(resolve, this.#options.settleMs ?? DEFAULT_SETTLE_MS);
      await promise;
      clearTimeout(this.#settleLimit);
      this.#settleLimit = null;
      this.#settled = null;
    }
    for (const pending of this.#line.splice(0)) {
      this.#sent += 1;
      this.#fail(pending, 'never sent: every connection stayed busy');
    }
    for (const connection of this.#connections) {
      if (connection.pending !== null) this.#lose(connection, 'no answer before the load ended');
      else this.#forget(connection);
    }
    return this.#result();
  }

  #owed(): number {
    let busy = 0;
    for (const { pending } of this.#connections) if (pending !== null) busy += 1;
    return busy + this.#line.length;
  }

  #tick(): void {
    const at = performance.now();
    const { rate, requests = Infinity } = this.#options;
    const due = Math.min(requests, Math.floor(((at - this.#startedAt) / 1000) * rate) + 1);
    for (; this.#due < due; this.#due += 1) {
      const { path = '/' } = this.#options;
      this.#line.push({
        request: this.#due,
        path: typeof path === 'string' ? path : path(this.#due),
        dueAt: this.#startedAt + (this.#due / this.#options.rate) * 1000,
      });
    }
    this.#serveLine();
  }

  #serveLine(): void {
    while (this.#line.length > 0) {
      const idle = this.#idle.pop();
      if (idle === undefined) break;
      this.#write(idle, this.#line.shift()!);
    }
    const free = this.#options.connections - this.#connections.size;
    for (let n = Math.min(free, this.#line.length); n > 0; n -= 1) this.#open(this.#line.shift()!);
  }

  /** A new connection for a request that is due. It belongs to that request until it is answered. */
  #open(pending: Pending): void {
    const { port, host = '127.0.0.1', tls = false } = this.#options;
    const socket = tls ? connectTls({ port, host, rejectUnauthorized: false }) : connect({ port, host });
    this.#opened += 1;
    const connection: Connection = {
      socket,
      scanner: new ResponseScanner({ keepBodies: this.#options.onResponse !== undefined }),
      number: this.#opened,
      used: 0,
      state: 'connecting',
      pending,
    };
    this.#connections.add(connection);
    socket.setNoDelay(true);
    socket.setTimeout(CONNECT_LIMIT_MS, () =>
      this.#lose(connection, `no connection in ${CONNECT_LIMIT_MS} ms`),
    );
    socket.on('error', (error: NodeJS.ErrnoException) => this.#lose(connection, error.code ?? error.message));
    socket.on('data', (chunk: Buffer) => this.#read(connection, chunk));
    socket.on('end', () => this.#ended(connection));
    socket.on('close', () => this.#lose(connection, 'closed'));
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      socket.setTimeout(0);
      this.#write(connection, pending);
    });
  }

  #write(connection: Connection, pending: Pending): void {
    connection.pending = pending;
    connection.state = 'busy';
    connection.used += 1;
    this.#sent += 1;
    const fields = this.#fieldsOf(pending.request);
    connection.socket.write(`GET ${pending.path} HTTP/1.1\r\n${fields}\r\n`, 'latin1');
  }

  #read(connection: Connection, chunk: Buffer): void {
    if (connection.state === 'gone') return;
    try {
      for (const response of connection.scanner.push(chunk)) this.#answer(connection, response);
    } catch (error) {
      this.#lose(connection, String(error));
    }
    if (this.#timer !== null || this.#line.length > 0) this.#serveLine();
  }

  #answer(connection: Connection, response: ScannedResponse): void {
    const { pending } = connection;
    if (pending === null) throw new Error(`an answer (${response.status}) that nobody asked for`);
    connection.pending = null;
    this.#settleLimit?.refresh();
    this.#answered += 1;
    this.#statuses.set(response.status, (this.#statuses.get(response.status) ?? 0) + 1);
    if (this.#latencies.length < MAX_LATENCIES_KEPT) this.#latencies.push(performance.now() - pending.dueAt);
    if (response.status < 200 || response.status > 299) {
      const code = fieldOf(response.head, 'x-tidegate-error');
      this.#fail(pending, `${response.status}${code === null ? '' : ` ${code}`}`);
    }
    this.#options.onResponse?.(response, pending.request);
    if (response.keepAlive) {
      connection.state = 'idle';
      this.#idle.push(connection);
    } else {
      this.#forget(connection);
    }
    this.#checkSettled();
  }

  #ended(connection: Connection): void {
    if (connection.state === 'gone') return;
    const last = connection.scanner.end();
    if (last !== null) this.#answer(connection, last);
    this.#lose(
      connection,
      connection.scanner.midway ? 'ended in the middle of an answer' : 'ended without an answer',
    );
  }

  /** The connection is of no more use; if it owed an answer, that request failed. */
  #lose(connection: Connection, why: string): void {
    if (connection.state === 'gone') return;
    const { pending, state, used, number } = connection;
    connection.pending = null;
    this.#forget(connection);
    if (pending !== null) {
      if (state === 'connecting') this.#sent += 1;
      const use = state === 'connecting' ? 'connecting' : `request ${used} of connection ${number}`;
      this.#fail(pending, `${why} (${use}${connection.scanner.midway ? ', answer cut' : ''})`);
    }
    this.#checkSettled();
    if (this.#timer !== null) this.#serveLine();
  }

  #forget(connection: Connection): void {
    connection.state = 'gone';
    this.#connections.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    connection.socket.destroy();
  }

  #fail(pending: Pending, why: string): void {
    this.#failureCount += 1;
    if (this.#failures.length >= MAX_FAILURES_KEPT) return;
    const after = Math.round(performance.now() - this.#startedAt);
    this.#failures.push(`request ${pending.request} ${pending.path} at ${after} ms: ${why}`);
  }

  #checkSettled(): void {
    if (this.#settled !== null && this.#owed() === 0) this.#settled();
  }

  #result(): LoadResult {
    const sorted = this.#latencies.sort((a, b) => a - b);
    return {
      sent: this.#sent,
      answered: this.#answered,
      statuses: new Map(this.#statuses),
      failures: [...this.#failures],
      failureCount: this.#failureCount,
      connectionsOpened: this.#opened,
      latencyMs: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted.at(-1) ?? 0 },
      latenciesMs: sorted,
    };
  }
}
