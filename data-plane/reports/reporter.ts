/**
 * Takes what a worker has counted to the primary: outcomes every 100 ms, within 10 ms of a failure, metrics every
 * second. While the channel is busy the counts go on adding up, so a slow primary costs a worker nothing.
 */
import type { Report } from '#shared/message.js';
import { REPORT_FAILURE_DELAY_MS, REPORT_INTERVAL_MS } from '#shared/outcome.js';
import type { Clock, TimerHandle, Timers } from '#shared/ports.js';
import { traitsOf } from '#shared/settings/algorithms.js';
import type { ControlLink } from '../control/control-link.js';
import { takeUnusedPermits } from '../routing/pick.js';
import type { RoutingTable } from '../routing/routing-table.js';
import type { Counters } from './counters.js';
import type { OutcomeBatch } from './outcome-batch.js';

const METRICS_INTERVAL_MS = 1_000;
/** How often reports go out while a pool balances by load: with the primary's interval it stays below 100 ms. */
const LOAD_REPORT_INTERVAL_MS = 50;

interface ReporterDeps {
  readonly link: ControlLink;
  readonly batch: OutcomeBatch;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly timers: Timers;
  table(): RoutingTable | null;
  connections(): number;
  /** Whether Redis is not asked for sessions at present; `null`: they are not kept there. */
  redisGuarded(): boolean | null;
}

type ActiveList = NonNullable<Report['active']>;
type WaitingList = NonNullable<Report['waiting']>;

export class Reporter {
  readonly #deps: ReporterDeps;
  #tick: TimerHandle | null = null;
  #soon: TimerHandle | null = null;
  #metricsTick: TimerHandle | null = null;
  #lastActive: ActiveList = [];
  #lastWaiting: WaitingList = [];
  #lastConnections = 0;
  #lastGuarded: boolean | null = null;

  constructor(deps: ReporterDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#deps.batch.onUrgent(() => {
      this.#soon ??= this.#deps.timers.after(REPORT_FAILURE_DELAY_MS, () => {
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
    this.#tick = this.#deps.timers.after(intervalMs, () => {
      this.#returnUnusedPermits();
      this.#deps.batch.lookAtTrials(this.#deps.clock.now());
      this.#report(false);
      this.#nextTick();
    });
  }

  #nextMetricsTick(): void {
    this.#metricsTick = this.#deps.timers.after(METRICS_INTERVAL_MS, () => {
      this.#sendMetrics(false);
      this.#nextMetricsTick();
    });
  }

  #balancesByLoad(): boolean {
    const table = this.#deps.table();
    if (table === null) return false;
    for (const { algorithm } of table.pools.values()) if (traitsOf(algorithm).needsLoads) return true;
    return false;
  }

  #returnUnusedPermits(): void {
    const { batch, clock } = this.#deps;
    const table = this.#deps.table();
    if (table === null) return;
    for (const unused of takeUnusedPermits(table, clock.now())) {
      batch.permitReturned(unused.backend, unused.permit);
    }
  }

  #report(force: boolean): void {
    const { link, batch } = this.#deps;
    if (!link.isOpen()) {
      // The primary is gone, so no report will ever be sent.
      batch.take();
      return;
    }
    if (!force && !link.isIdle()) return;
    const outcomes = batch.take();
    const active = this.#active();
    const activeChanged = !sameActive(active, this.#lastActive);
    const waiting = this.#waiting();
    const waitingChanged = !sameWaiting(waiting, this.#lastWaiting);
    const connections = this.#deps.connections();
    const redisGuarded = this.#deps.redisGuarded();
    const isSame =
      !activeChanged &&
      !waitingChanged &&
      connections === this.#lastConnections &&
      redisGuarded === this.#lastGuarded;
    if (outcomes.length === 0 && isSame) return;
    this.#lastActive = active;
    this.#lastWaiting = waiting;
    this.#lastConnections = connections;
    this.#lastGuarded = redisGuarded;
    link.send({
      type: 'report',
      outcomes,
      connections,
      ...(activeChanged ? { active } : {}),
      ...(waitingChanged ? { waiting } : {}),
      ...(redisGuarded === null ? {} : { redisGuarded }),
    });
  }

  #active(): ActiveList {
    const table = this.#deps.table();
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
  #waiting(): WaitingList {
    const waiting: WaitingList[number][] = [];
    for (const { id, queue } of this.#deps.table()?.pools.values() ?? []) {
      if (queue.size > 0) waiting.push({ pool: id, waiting: queue.size });
    }
    return waiting;
  }

  #sendMetrics(force: boolean): void {
    const { link, counters } = this.#deps;
    if (!link.isOpen() || (!force && !link.isIdle())) return;
    const delta = counters.takeDelta();
    if (delta !== null) link.send(delta);
  }
}

function sameWaiting(a: WaitingList, b: WaitingList): boolean {
  return (
    a.length === b.length &&
    a.every(({ pool, waiting }, index) => pool === b[index]?.pool && waiting === b[index]?.waiting)
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
