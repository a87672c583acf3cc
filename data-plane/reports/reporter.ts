/**
 * Takes what a worker has counted to the primary: outcomes every 100 ms, within 10 ms of a failure, metrics every
 * second. While the channel is busy it goes on adding up, so a slow primary costs a worker nothing but patience.
 */
import type { Report } from '#shared/message.js';
import { REPORT_FAILURE_DELAY_MS, REPORT_INTERVAL_MS } from '#shared/outcome.js';
import type { Clock, TimerHandle, Timers } from '#shared/ports.js';
import { traitsOf } from '#shared/settings/algorithms.js';
import type { ControlLink } from '../control/control-link.js';
import { takeUnusedPermits } from '../routing/pick.js';
import type { RoutingTable } from '../routing/routing-table.js';
import type { Counters } from './counters.js';
import type { OutcomeBook } from './outcome-book.js';

export const METRICS_INTERVAL_MS = 1_000;
/** How often reports go out while a pool balances by load: with the primary's interval it stays below 100 ms. */
export const LOAD_REPORT_INTERVAL_MS = 50;

export interface ReporterParts {
  readonly link: ControlLink;
  readonly book: OutcomeBook;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly timers: Timers;
  table(): RoutingTable | null;
  connections(): number;
}

type ActiveList = NonNullable<Report['active']>;
type PendingList = NonNullable<Report['pending']>;

export class Reporter {
  readonly #parts: ReporterParts;
  #tick: TimerHandle | null = null;
  #soon: TimerHandle | null = null;
  #metricsTick: TimerHandle | null = null;
  #lastActive: ActiveList = [];
  #lastPending: PendingList = [];
  #lastConnections = 0;

  constructor(parts: ReporterParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#parts.book.onUrgent(() => {
      this.#soon ??= this.#parts.timers.after(REPORT_FAILURE_DELAY_MS, () => {
        this.#soon = null;
        this.#report(false);
      });
    });
    this.#nextTick();
    this.#nextMetricsTick();
  }

  /** Sends everything now, whether the channel is busy or not. */
  flush(): void {
    this.#report(true);
    this.#sendMetrics(true);
  }

  stop(): void {
    this.#tick?.cancel();
    this.#soon?.cancel();
    this.#metricsTick?.cancel();
  }

  #nextTick(): void {
    const intervalMs = this.#balancesByLoad() ? LOAD_REPORT_INTERVAL_MS : REPORT_INTERVAL_MS;
    this.#tick = this.#parts.timers.after(intervalMs, () => {
      this.#returnUnusedPermits();
      this.#parts.book.lookAtTrials(this.#parts.clock.now());
      this.#report(false);
      this.#nextTick();
    });
  }

  #nextMetricsTick(): void {
    this.#metricsTick = this.#parts.timers.after(METRICS_INTERVAL_MS, () => {
      this.#sendMetrics(false);
      this.#nextMetricsTick();
    });
  }

  #balancesByLoad(): boolean {
    const table = this.#parts.table();
    if (table === null) return false;
    for (const { algorithm } of table.pools.values()) if (traitsOf(algorithm).needsLoads) return true;
    return false;
  }

  #returnUnusedPermits(): void {
    const { book, clock } = this.#parts;
    const table = this.#parts.table();
    if (table === null) return;
    for (const unused of takeUnusedPermits(table, clock.now())) {
      book.permitReturned(unused.backend, unused.permit);
    }
  }

  #report(force: boolean): void {
    const { link, book } = this.#parts;
    if (!link.isOpen()) {
      // Nobody will ever ask for it.
      book.take();
      return;
    }
    if (!force && !link.isIdle()) return;
    const outcomes = book.take();
    const active = this.#active();
    const activeChanged = !sameActive(active, this.#lastActive);
    const pending = this.#pending();
    const pendingChanged = !samePending(pending, this.#lastPending);
    const connections = this.#parts.connections();
    const isSame = !activeChanged && !pendingChanged && connections === this.#lastConnections;
    if (outcomes.length === 0 && isSame) return;
    this.#lastActive = active;
    this.#lastPending = pending;
    this.#lastConnections = connections;
    link.send({
      type: 'report',
      outcomes,
      connections,
      ...(activeChanged ? { active } : {}),
      ...(pendingChanged ? { pending } : {}),
    });
  }

  #active(): ActiveList {
    const table = this.#parts.table();
    if (table === null) return [];
    const active: ActiveList[number][] = [];
    for (const pool of table.pools.values()) {
      for (const { id, load } of pool.backends) {
        if (load.own > 0) active.push({ pool: pool.id, backend: id, active: load.own });
      }
    }
    return active;
  }

  /** Requests that wait for a slot at a backend. */
  #pending(): PendingList {
    const pending: PendingList[number][] = [];
    for (const { id, queue } of this.#parts.table()?.pools.values() ?? []) {
      if (queue.size > 0) pending.push({ pool: id, pending: queue.size });
    }
    return pending;
  }

  #sendMetrics(force: boolean): void {
    const { link, counters } = this.#parts;
    if (!link.isOpen() || (!force && !link.isIdle())) return;
    const delta = counters.takeDelta();
    if (delta !== null) link.send(delta);
  }
}

function samePending(a: PendingList, b: PendingList): boolean {
  return (
    a.length === b.length &&
    a.every(({ pool, pending }, index) => pool === b[index]?.pool && pending === b[index]?.pending)
  );
}

function sameActive(a: ActiveList, b: ActiveList): boolean {
  return (
    a.length === b.length &&
    a.every((entry, index) => {
      const other = b[index];
      return (
        other !== undefined &&
        entry.pool === other.pool &&
        entry.backend === other.backend &&
        entry.active === other.active
      );
    })
  );
}
