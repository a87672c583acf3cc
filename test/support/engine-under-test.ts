import { silence } from './silence.js';
/** An engine in this process over real sockets, fed with snapshots by hand; what it counts can be looked at. */
import * as dns from 'node:dns';
import type { LookupFunction } from 'node:net';
import { CompatEngine } from '../../data-plane/compat/compat-engine.js';
import { NativeEngine } from '../../data-plane/http1/native-engine.js';
import type { AccessRecord } from '../../data-plane/access-record.js';
import type { Forwarder, ForwarderDeps, MetricsPage } from '../../data-plane/forwarder.js';
import { nameLookup } from '../../data-plane/name-lookup.js';
import { Counters } from '../../data-plane/reports/counters.js';
import { OutcomeBatch } from '../../data-plane/reports/outcome-batch.js';
import { RequestSeries } from '../../data-plane/reports/request-series.js';
import { applySnapshot, type RoutingTable } from '../../data-plane/routing/routing-table.js';
import { Shortage } from '../../data-plane/shortage.js';
import { SessionCookies } from '../../data-plane/sessions/session-cookies.js';
import { createSessionTable } from '../../control-plane/sessions/session-table.js';
import type { BackendOutcomes } from '../../shared/outcome.js';
import type { CertificateMaterial } from '../../shared/message.js';
import type { SessionStore } from '../../shared/session.js';
import type { Snapshot } from '../../shared/snapshot.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import { seededRandom } from '../../shared/prng.js';

export interface EngineUnderTest {
  readonly port: number;
  readonly forwarder: Forwarder;
  readonly context: ForwarderDeps;
  readonly accessLog: readonly AccessRecord[];
  /** Errors and warnings that the engine logged. */
  readonly complaints: readonly string[];
  apply(snapshot: Snapshot): void;
  table(): RoutingTable;
  /** What was counted under these labels since the start. */
  counted(metric: string, ...labels: readonly string[]): number;
  /** Series that there are by now. */
  seriesCount(): number;
  /** All outcomes since the start. */
  outcomes(): readonly BackendOutcomes[];
  close(deadlineMs?: number): Promise<void>;
}

export interface EngineOptions {
  readonly certificate?: CertificateMaterial;
  /** Whether HTTP/2 is offered. With a certificate it is. */
  readonly h2?: boolean;
  readonly sessions?: SessionStore;
  readonly metricsPage?: () => Promise<MetricsPage | null>;
  readonly now?: () => number;
  readonly monotonic?: () => number;
  readonly accessLog?: boolean;
  readonly lookup?: LookupFunction;
}

export type StartEngine = (snapshot: Snapshot, options?: EngineOptions) => Promise<EngineUnderTest>;

export const startNative: StartEngine = (snapshot, options) =>
  start((context) => new NativeEngine(context), snapshot, options);

const startCompat: StartEngine = (snapshot, options) =>
  start((context) => new CompatEngine(context), snapshot, options);

/**
 * For what compat does by itself: its listener, and its ways with backends, which are also those of HTTP/2. What the engines
 * share, and what is about HTTP/1.1 clients of the native one, is tested with `startNative` alone.
 */
export const ENGINES: readonly (readonly [name: 'native' | 'compat', start: StartEngine])[] = [
  ['native', startNative],
  ['compat', startCompat],
];

async function start(
  create: (context: ForwarderDeps) => Forwarder,
  snapshot: Snapshot,
  options: EngineOptions = {},
): Promise<EngineUnderTest> {
  const counters = new Counters();
  const totals = new Map<string, number>();
  const names: string[] = [];
  const book = new OutcomeBatch();
  const outcomes: BackendOutcomes[] = [];
  const accessLog: AccessRecord[] = [];
  const complaints: string[] = [];
  const random = seededRandom(1);
  const now = options.now ?? (() => Date.now());
  let current: RoutingTable | null = null;
  const apply = (incoming: Snapshot): void => {
    current = applySnapshot(current, incoming, { worker: 1, workers: 1, random, at: now() });
  };
  apply(snapshot);
  const table = (): RoutingTable => {
    if (current === null) throw new Error('no table');
    return current;
  };
  const context: ForwarderDeps = {
    worker: 1,
    table,
    sessions: options.sessions ?? createSessionTable({ now }),
    cookies: new SessionCookies([{ kid: 'k1', secret: new Uint8Array(32).fill(7) }]),
    series: new RequestSeries(counters),
    outcomes: book,
    accessLog: {
      samples: () => options.accessLog === true,
      write: (record) => accessLog.push(record),
      close: () => Promise.resolve(),
    },
    clock: { now },
    monotonic: options.monotonic ?? (() => performance.now()),
    random,
    timers: systemTimers,
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: (_fields, message) => complaints.push(message),
      error: (fields, message) => complaints.push(`${message} ${JSON.stringify(fields)}`),
      fatal: (_fields, message) => complaints.push(message),
    },
    shortage: new Shortage(silence, () => performance.now()),
    lookup: nameLookup({
      lookup: options.lookup ?? ((name, how, callback) => dns.lookup(name, how, callback)),
      outcomes: book,
      table,
      monotonic: () => performance.now(),
    }),
    metricsPage: options.metricsPage ?? (() => Promise.resolve(null)),
  };
  const takeCounts = (): void => {
    const delta = counters.takeDelta();
    for (const series of delta?.series ?? []) {
      names.push(
        [series.metric, ...series.labels, ...(series.part === undefined ? [] : [series.part])].join(' '),
      );
    }
    for (let i = 0; i + 1 < (delta?.values.length ?? 0); i += 2) {
      const name = names[delta?.values[i] ?? -1] ?? '';
      totals.set(name, (totals.get(name) ?? 0) + (delta?.values[i + 1] ?? 0));
    }
  };
  const forwarder = create(context);
  const tls = options.certificate !== undefined;
  const port = await forwarder.listen(
    { host: '127.0.0.1', port: 0, tls, h2: tls && (options.h2 ?? true), reusePort: false },
    options.certificate ?? null,
  );
  return {
    port,
    forwarder,
    context,
    accessLog,
    complaints,
    apply,
    table,
    counted: (metric, ...labels) => {
      takeCounts();
      return totals.get([metric, ...labels].join(' ')) ?? 0;
    },
    seriesCount: () => {
      takeCounts();
      return names.length;
    },
    outcomes: () => {
      outcomes.push(...book.take());
      return outcomes;
    },
    close: (deadlineMs = 0) => forwarder.close(deadlineMs),
  };
}
