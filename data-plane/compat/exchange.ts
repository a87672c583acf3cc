/**
 * What is known of one request while it is served, and what is counted when it is over: series, access log, load. The
 * order of things is in `handle-request.ts`.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '#shared/error-code.js';
import type { AttemptRecord } from '../access-log.js';
import type { ForwarderContext } from '../forwarder.js';
import type { PoolSeries } from '../reports/request-series.js';
import { localReply } from '../routing/local-reply.js';
import type { PoolTable } from '../routing/routing-table.js';
import type { DownstreamResponse } from './downstream.js';
import type { RequestBody } from './request-body.js';

export interface Arrival {
  readonly request: IncomingMessage;
  readonly response: DownstreamResponse;
  /** The client waits for a word before it sends its body. */
  readonly expectsContinue: boolean;
  /** The connection, and what came on it after the head, if the request may change its protocol. */
  readonly upgrade: { readonly socket: Duplex; readonly head: Buffer } | null;
  /** Present when the connection carries other requests too, and so outlives this one. */
  readonly shared?: {
    /** Takes no further requests on it. */
    retire(): void;
  };
  /** What was found wrong already. */
  readonly refusal?: ErrorCode;
}

export class Exchange {
  readonly arrival: Arrival;
  readonly method: string;
  readonly startedAt: number;
  pool: PoolTable | null = null;
  series: PoolSeries;
  client = '';
  /** As the client sent it. */
  host: string | null = null;
  /** Empty while the access log is off. */
  requestId = '';
  namedByUs = false;
  body: RequestBody | null = null;
  receivedBytes = 0;
  sentBytes = 0;
  /** The client went away before the end. */
  clientGone = false;
  readonly #context: ForwarderContext;
  readonly #attempts: AttemptRecord[] = [];
  #status = 0;
  #error: ErrorCode | null = null;
  #settled = false;

  constructor(context: ForwarderContext, arrival: Arrival) {
    this.#context = context;
    this.arrival = arrival;
    this.method = arrival.request.method ?? '';
    this.startedAt = context.monotonic();
    this.series = context.series.noPool;
  }

  enterPool(pool: PoolTable): void {
    this.pool = pool;
    this.series = this.#context.series.pool(pool.id);
  }

  received(count: number): void {
    this.receivedBytes += count;
    this.#context.series.counters.add(this.series.received, count);
  }

  sent(count: number): void {
    this.sentBytes += count;
    this.#context.series.counters.add(this.series.sent, count);
  }

  attempted(record: AttemptRecord): void {
    this.#attempts.push(record);
  }

  /** The status that the client is sent. */
  answers(status: number): void {
    this.#status = status;
  }

  /** Answers by ourselves. Does nothing when an answer has begun or nobody is there to read it. */
  reply(code: ErrorCode): void {
    const { response, request } = this.arrival;
    this.#error = code;
    this.#context.series.counters.add(this.series.localReplies.get(code), 1);
    const reply = localReply(code);
    this.answers(reply.status);
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    if (reply.close) response.shouldKeepAlive = false;
    response.writeHead(reply.status, [...reply.headers]);
    response.end(reply.body);
    this.body?.discard();
    request.resume();
  }

  /** Counts and logs the request. To be called once, when nothing more happens. */
  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    const { series } = this.#context;
    const durationMs = this.#context.monotonic() - this.startedAt;
    if (this.clientGone) series.counters.add(this.series.clientAborts, 1);
    if (this.#status !== 0) this.series.answered(this.method, this.#status, durationMs / 1_000);
    if (!this.#context.accessLog.samples(this.#context.table().forwarding.accessLogRatio)) return;
    const { request } = this.arrival;
    this.#context.accessLog.write({
      requestId: this.requestId,
      client: this.client,
      method: this.method,
      host: this.host,
      target: request.url ?? '',
      pool: this.pool?.id ?? null,
      status: this.#status,
      error: this.#error,
      aborted: this.clientGone,
      durationMs,
      receivedBytes: this.receivedBytes,
      sentBytes: this.sentBytes,
      attempts: this.#attempts,
    });
  }
}
