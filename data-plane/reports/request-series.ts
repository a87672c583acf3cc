/**
 * The series of the request path, found without building strings: each pool and backend keeps the slots that it has
 * used. Names of pools and backends come from snapshots, so there are only as many as were ever configured.
 */
import type { ErrorCode } from '#shared/error-code.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import {
  METHOD_LABELS,
  NO_POOL,
  type CONNECTION_REFUSALS,
  type HttpVersion,
  type RedisResult,
  type STICKY_RESULTS,
  type WITHHELD_CAUSES,
} from '#shared/metric-labels.js';
import type { FailureReason } from '#shared/outcome.js';
import type { Counters, Slot } from './counters.js';

export type StickyResult = (typeof STICKY_RESULTS)[number];
export type WithheldCause = (typeof WITHHELD_CAUSES)[number];

const METHOD_NUMBERS: ReadonlyMap<string, number> = new Map(
  METHOD_LABELS.map((method, index) => [method, index]),
);
const OTHER_METHOD = METHOD_LABELS.length - 1;
/** Status codes have three digits; those above 599 count as this one. */
const CODE_SPACE = 1_000;

/** `2xx` for 200 to 299 and so on; `other` for what HTTP does not define. */
export function codeClass(status: number): string {
  return status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : 'other';
}

class Cached<Key> {
  readonly #slots = new Map<Key, Slot>();
  readonly #make: (key: Key) => Slot;

  constructor(make: (key: Key) => Slot) {
    this.#make = make;
  }

  get(key: Key): Slot {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#make(key);
    this.#slots.set(key, slot);
    return slot;
  }
}

class BackendSeries {
  /** By hundreds of the status. */
  readonly requests: Cached<number>;
  readonly errors: Cached<FailureReason>;

  constructor(counters: Counters, pool: string, backend: string) {
    this.requests = new Cached((hundreds) =>
      counters.counter('backendRequests', pool, backend, codeClass(hundreds * 100)),
    );
    this.errors = new Cached((reason) => counters.counter('backendErrors', pool, backend, reason));
  }
}

export class PoolSeries {
  readonly received: Slot;
  readonly sent: Slot;
  readonly tunnels: Slot;
  readonly clientAborts: Slot;
  readonly localReplies: Cached<ErrorCode>;
  readonly retries: Cached<FailureReason>;
  readonly withheld: Cached<WithheldCause>;
  readonly sticky: Cached<StickyResult>;
  readonly #requests: Cached<number>;
  readonly #durations: Cached<number>;
  #queueWait: Slot | null = null;
  readonly #backends = new Map<BackendId, BackendSeries>();
  readonly #counters: Counters;
  readonly #pool: string;

  constructor(counters: Counters, pool: string) {
    this.#counters = counters;
    this.#pool = pool;
    this.received = counters.counter('receivedBytes', pool);
    this.sent = counters.counter('sentBytes', pool);
    this.tunnels = counters.counter('tunnels', pool);
    this.clientAborts = counters.counter('clientAborts', pool);
    this.localReplies = new Cached((code) => counters.counter('localReplies', pool, code));
    this.retries = new Cached((reason) => counters.counter('retries', pool, reason));
    this.withheld = new Cached((cause) => counters.counter('retriesExhausted', pool, cause));
    this.sticky = new Cached((result) => counters.counter('stickyLookups', pool, result));
    this.#requests = new Cached((key) => {
      const method = METHOD_LABELS[Math.floor(key / CODE_SPACE)] ?? 'other';
      const status = key % CODE_SPACE;
      return counters.counter('requests', pool, method, status === 0 ? 'other' : String(status));
    });
    this.#durations = new Cached((hundreds) =>
      counters.histogram('requestDuration', pool, codeClass(hundreds * 100)),
    );
  }

  /** Counts one request answered with `status` after `seconds`. */
  answered(method: string, status: number, seconds: number): void {
    const known = status >= 100 && status < 600;
    const methodNumber = METHOD_NUMBERS.get(method) ?? OTHER_METHOD;
    this.#counters.add(this.#requests.get(methodNumber * CODE_SPACE + (known ? status : 0)), 1);
    this.#counters.observe(this.#durations.get(known ? Math.floor(status / 100) : 0), seconds);
  }

  /** The histogram of waits. Made when first needed: most pools have no limits. */
  queueWait(): Slot {
    this.#queueWait ??= this.#counters.histogram('queueWait', this.#pool);
    return this.#queueWait;
  }

  backend(id: BackendId): BackendSeries {
    const known = this.#backends.get(id);
    if (known !== undefined) return known;
    const series = new BackendSeries(this.#counters, this.#pool, id);
    this.#backends.set(id, series);
    return series;
  }
}

export class RequestSeries {
  readonly counters: Counters;
  readonly connectionsAccepted: Slot;
  readonly connectionsRefused: Cached<(typeof CONNECTION_REFUSALS)[number]>;
  readonly accessLogDropped: Slot;
  readonly sessionCalls: Cached<RedisResult>;
  readonly internalErrors: Slot;
  readonly versions: Readonly<Record<HttpVersion, Slot>>;
  /** Requests that reached no pool. */
  readonly noPool: PoolSeries;
  readonly #pools = new Map<PoolId, PoolSeries>();

  constructor(counters: Counters) {
    this.counters = counters;
    this.connectionsAccepted = counters.counter('connectionsAccepted');
    this.connectionsRefused = new Cached((reason) => counters.counter('connectionsRefused', reason));
    this.internalErrors = counters.counter('internalErrors');
    this.accessLogDropped = counters.counter('accessLogDropped');
    this.sessionCalls = new Cached((result) => counters.counter('redisCommands', 'session', result));
    const version = (name: HttpVersion): Slot => counters.counter('requestsByVersion', name);
    this.versions = { '1.0': version('1.0'), '1.1': version('1.1'), '2': version('2') };
    this.noPool = new PoolSeries(counters, NO_POOL);
  }

  pool(id: PoolId): PoolSeries {
    const known = this.#pools.get(id);
    if (known !== undefined) return known;
    const series = new PoolSeries(this.counters, id);
    this.#pools.set(id, series);
    return series;
  }
}
