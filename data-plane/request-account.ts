/**
 * What is known of one request while it is served, and what is counted when it is over: series, outcomes, access log. The
 * engine tells what happens, and when.
 */
import { randomUUID } from 'node:crypto';
import { type ErrorCode, LOCAL_REPLIES } from '#shared/error-code.js';
import type { HttpVersion } from '#shared/metric-labels.js';
import type { FailureReason } from '#shared/outcome.js';
import type { AttemptRecord } from './access-record.js';
import type { ForwarderDeps } from './forwarder.js';
import type { PoolSeries, StickyResult, WithheldCause } from './reports/request-series.js';
import { classifyStatus, outcomeOf, type AttemptEnd } from './routing/classify.js';
import type { PickOptions } from './routing/take-slot.js';
import { attemptFinished, type Pick } from './routing/pick.js';
import { SlotWait, type PickResult } from './slot-wait.js';
import type { PoolTable } from './routing/routing-table.js';

/** What only the access log needs. Kept while the access log is on. */
interface RequestNames {
  /** The id by which the request is found in the logs of all services that handled it. */
  readonly requestId: string;
  readonly client: string;
  /** As the client sent it. */
  readonly host: string | null;
  readonly target: string;
}

/** Longer ids are not taken over. */
const MAX_REQUEST_ID = 128;
/** Status of a connection that has become a tunnel. */
const SWITCHED = 101;

/** Counts a reply to bytes that were no request: not for a pool, and not as a request. */
export function countRefusal({ series }: ForwarderDeps, code: ErrorCode): void {
  series.counters.add(series.noPool.localReplies.get(code), 1);
}

export class RequestAccount {
  readonly method: string;
  readonly version: HttpVersion;
  readonly startedAt: number;
  names: RequestNames | null = null;
  pool: PoolTable | null = null;
  series: PoolSeries;
  /** The client went away before the end. */
  clientGone = false;
  /** The status that the client is sent; 0: none yet. */
  status = 0;
  readonly #deps: ForwarderDeps;
  #receivedBytes = 0;
  #sentBytes = 0;
  #error: ErrorCode | null = null;
  #attempts: AttemptRecord[] | null = null;
  #slotWait: SlotWait | null = null;
  #bodyAwaitedFrom: number | null = null;
  #settled = false;

  constructor(deps: ForwarderDeps, method: string, version: HttpVersion) {
    this.#deps = deps;
    this.method = method;
    this.version = version;
    this.startedAt = deps.monotonic();
    this.series = deps.series.noPool;
  }

  /**
   * Names the request for the logs. Only while the access log is on; otherwise what clients send in X-Request-ID is passed
   * on like any other field. @param given the id that a trusted proxy gave; kept, if it is fit. Returns the id to tell the
   * backend; `null`: it has the one that was given.
   */
  name(given: string | null, client: string, host: string | null, target: string): string | null {
    const isFit = given !== null && given !== '' && given.length <= MAX_REQUEST_ID;
    const requestId = isFit ? given : randomUUID();
    this.names = { requestId, client, host, target };
    return isFit ? null : requestId;
  }

  enterPool(pool: PoolTable): void {
    this.pool = pool;
    this.series = this.#deps.series.pool(pool.id);
  }

  /** Bytes of the request's content, or from the client in a tunnel. */
  received(count: number): void {
    this.#receivedBytes += count;
    this.#deps.series.counters.add(this.series.received, count);
  }

  /** Bytes of the response's content, or to the client in a tunnel. */
  sent(count: number): void {
    this.#sentBytes += count;
    this.#deps.series.counters.add(this.series.sent, count);
  }

  /** What became of the request's session. */
  stickyResult(result: StickyResult): void {
    this.#deps.series.counters.add(this.series.sticky.get(result), 1);
  }

  repliedLocally(code: ErrorCode): void {
    this.#error = code;
    if (code === 'queue_timeout' && this.#slotWait?.wasEnded === true) {
      // Its time was not over. The client is told so only in case it is still there.
      this.clientGone = true;
      return;
    }
    this.status = LOCAL_REPLIES[code].status;
    this.#deps.series.counters.add(this.series.localReplies.get(code), 1);
  }

  /** The request could not be read: only the reply is counted. */
  refused(code: ErrorCode): void {
    this.#settled = true;
    countRefusal(this.#deps, code);
  }

  /** The head of a backend's answer goes to the client. The outcome of the attempt is known when the answer is over. */
  answered({ backend, permit }: Pick, status: number): void {
    this.status = status;
    if (permit !== null && classifyStatus(status).kind === 'success') {
      this.#deps.outcomes.trialAnswers(backend, permit, () => this.#sentBytes);
    }
  }

  retried(reason: FailureReason): void {
    this.#deps.series.counters.add(this.series.retries.get(reason), 1);
  }

  /** The connection has become a tunnel. The backend has done what was asked of it, however the tunnel ends. */
  tunnelled(chosen: Pick): void {
    this.status = SWITCHED;
    this.#deps.series.counters.add(this.series.tunnels, 1);
    this.#count(chosen, SWITCHED);
  }

  /** A retry would have been needed and was not made. */
  withheld(cause: WithheldCause): void {
    this.#deps.series.counters.add(this.series.withheld.get(cause), 1);
  }

  /** Waits for a slot that the request could not take at once, if nothing but a slot is missing. */
  waitForSlot(pool: PoolTable, options: PickOptions): PickResult | Promise<PickResult> {
    return this.#waiting().takeOrWait(pool, options);
  }

  /** The client has ended its side: from now on the request waits for its backend only. */
  clientEnded(): void {
    this.#waiting().clientEnded();
  }

  /** The request is over: it waits no more. */
  stopWaiting(): void {
    this.#waiting().leave();
  }

  /** Since when the client could have sent its body. Not changed by what came meanwhile. */
  get bodyAwaitedFrom(): number {
    return this.#bodyAwaitedFrom ?? this.startedAt;
  }

  /** Up to now the client has kept no backend waiting. */
  awaitsBodyAnew(): void {
    this.#bodyAwaitedFrom = this.#deps.monotonic();
  }

  #waiting(): SlotWait {
    return (this.#slotWait ??= new SlotWait(this.#deps, this.series));
  }

  /** An attempt begins with the slot taken: its backend carries the load until `attemptOver`, which takes what this returns. */
  attemptBegun(): number {
    // The time waited for a slot is not the client's slowness.
    if (this.#slotWait !== null) this.awaitsBodyAnew();
    return this.names === null ? 0 : this.#deps.monotonic();
  }

  /** To be called once per attempt, however it ended. */
  attemptOver(chosen: Pick, begunAt: number, end: AttemptEnd): void {
    const { backend, permit } = chosen;
    if (this.status !== SWITCHED) this.#count(chosen, end);
    if (permit !== null) this.#deps.outcomes.permitReturned(backend, permit);
    attemptFinished(backend);
    if (this.names === null) return;
    const durationMs = this.#deps.monotonic() - begunAt;
    (this.#attempts ??= []).push({ backend: backend.id, durationMs, result: end });
  }

  /** Counts and logs the request. To be called when nothing more happens; a second call does nothing. */
  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    const { series, accessLog } = this.#deps;
    const durationMs = this.#deps.monotonic() - this.startedAt;
    if (this.clientGone) series.counters.add(this.series.clientAborts, 1);
    if (this.status !== 0) {
      this.series.answered(this.method, this.status, durationMs / 1_000);
      series.counters.add(series.versions[this.version], 1);
    }
    const { names } = this;
    if (names === null || !accessLog.samples(this.#deps.table().forwarding.accessLogRatio)) return;
    accessLog.write({
      ...names,
      method: this.method,
      version: this.version,
      pool: this.pool?.id ?? null,
      status: this.status,
      error: this.#error,
      aborted: this.clientGone,
      durationMs,
      waitedMs: this.#slotWait?.waitedMs ?? 0,
      receivedBytes: this.#receivedBytes,
      sentBytes: this.#sentBytes,
      attempts: this.#attempts ?? [],
    });
  }

  /** Records the outcome of an attempt: one outcome, and one count per metric. */
  #count({ backend, permit }: Pick, end: AttemptEnd): void {
    const { series, outcomes } = this.#deps;
    const own = this.series.backend(backend.id);
    const outcome = outcomeOf(end);
    outcomes.record(backend, outcome, permit);
    if (outcome.kind === 'failure') series.counters.add(own.errors.get(outcome.reason), 1);
    // Whole, or left by the client after its head.
    const isAnswer = typeof end === 'number' || (outcome.kind === 'neutral' && this.status !== 0);
    if (isAnswer) series.counters.add(own.requests.get(Math.floor(this.status / 100)), 1);
  }
}
