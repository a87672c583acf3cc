/**
 * Runs the health checks: one timer per backend, the first check at once, never two checks of one backend at a time,
 * and a bounded number of checks in all. Each result is reported; the domain decides what it means. The scheduler also
 * reports when more checks are due than it can make.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { Random, TimerHandle, Timers } from '#shared/ports.js';
import { ResolvedNames } from '#shared/resolved-names.js';
import type { BackendAddress, HealthCheckSettings } from '#shared/settings.js';
import type { CheckResult } from '../domain/evidence.js';
import type { World } from '../domain/decision.js';
import { PersistentMap } from '../domain/persistent-map.js';
import type { ControlState, PoolState } from '../domain/state.js';
import { inTransition, nextCheckDelay } from './check-plan.js';
import { type CheckLag, type Delay, Punctuality } from './punctuality.js';

/**
 * Most checks in flight at once, over all backends. Each check takes a file descriptor. A backend that does not answer
 * keeps its check in flight until the timeout: with a timeout of 5 s and an interval of 10 s, about 2,000 such backends
 * may hang before other checks have to wait.
 */
export const MAX_CHECKS_IN_FLIGHT = 1_024;
/** Most checks started within about a millisecond, at 50 µs each, because the event loop has other work, too. */
export const MAX_BEGUN_AT_ONCE = 64;
const BREATH_MS = 1;
/** How often lateness is looked at, in milliseconds. */
const LAG_WATCH_MS = 1_000;

export interface CheckSchedulerOptions {
  /** Makes one check. Must not reject. Resolves with `null` if nothing was learnt about the backend. */
  readonly check: (
    address: BackendAddress,
    settings: HealthCheckSettings,
    at: number,
    ended: AbortSignal,
  ) => Promise<CheckResult | null>;
  readonly report: (pool: PoolId, backend: BackendId, generation: number, result: CheckResult) => void;
  /** Checks have fallen behind, or have caught up: see `lag.behind`. */
  readonly lagChanged: (lag: CheckLag) => void;
  readonly now: () => number;
  readonly timers: Timers;
  readonly random: Random;
}

interface Checked {
  readonly pool: PoolId;
  readonly backend: BackendId;
  readonly generation: number;
  readonly address: BackendAddress;
  settings: HealthCheckSettings;
  timer: TimerHandle | null;
  dueAt: number;
  running: boolean;
}

function keyOf(pool: PoolId, backend: BackendId): string {
  return `${pool}/${backend}`;
}

export class CheckScheduler {
  readonly #options: CheckSchedulerOptions;
  readonly #checked = new Map<string, Checked>();
  readonly #names = new ResolvedNames();
  readonly #queue: Checked[] = [];
  readonly #punctuality = new Punctuality();
  #world: World | null = null;
  readonly #inFlight = new Set<AbortController>();
  #begun = 0;
  #breath: TimerHandle | null = null;
  #lagWatch: TimerHandle | null = null;
  #behind = false;
  #stopped = false;

  constructor(options: CheckSchedulerOptions) {
    this.#options = options;
  }

  /** Adopts the newest world. New backends are checked at once, removed ones no longer, and new settings apply. */
  update(world: World): void {
    const before = this.#world?.state;
    this.#world = world;
    if (this.#stopped || world.state.pools === before?.pools) return;
    for (const pool of changedPools(world.state, before)) {
      const [then, now] = [before?.pools.get(pool), world.state.pools.get(pool)];
      for (const backend of changedBackends(now, then)) this.#adopt(pool, backend, now);
    }
    if (this.#checked.size > 0) this.#watchLag();
  }

  /** Something other than a check casts doubt on a backend: checks it as soon as a backend in transition. */
  hasten(pool: PoolId, backend: BackendId): void {
    const checked = this.#checked.get(keyOf(pool, backend));
    if (checked !== undefined) this.#bringForward(checked, true);
  }

  /** Also aborts checks in flight, because the process must not wait for a backend that does not answer. */
  stop(): void {
    this.#stopped = true;
    for (const running of this.#inFlight) running.abort();
    for (const checked of this.#checked.values()) checked.timer?.cancel();
    this.#breath?.cancel();
    this.#lagWatch?.cancel();
    this.#checked.clear();
    this.#queue.length = 0;
  }

  /** How late checks are now. */
  lag(): CheckLag {
    const at = this.#options.now();
    while (this.#queue[0] !== undefined && !this.#isCurrent(this.#queue[0])) this.#queue.shift();
    const [oldest] = this.#queue;
    return this.#punctuality.lag(this.#queue.length, oldest === undefined ? null : delayOf(oldest, at), at);
  }

  #adopt(pool: PoolId, id: BackendId, owner: PoolState | undefined): void {
    const key = keyOf(pool, id);
    const known = this.#checked.get(key);
    const backend = owner?.backends.get(id);
    const settings = owner?.settings.healthCheck ?? null;
    if (backend !== undefined && settings !== null && known?.generation === backend.generation) {
      if (known.settings === settings) return;
      known.settings = settings;
      this.#bringForward(known, false);
      return;
    }
    known?.timer?.cancel();
    this.#checked.delete(key);
    if (backend === undefined || settings === null) return;
    const added: Checked = {
      pool,
      backend: id,
      generation: backend.generation,
      address: backend.address,
      settings,
      timer: null,
      dueAt: this.#options.now(),
      running: false,
    };
    this.#checked.set(key, added);
    this.#start(added);
  }

  #isCurrent(checked: Checked): boolean {
    return this.#checked.get(keyOf(checked.pool, checked.backend)) === checked;
  }

  #start(checked: Checked): void {
    checked.timer = null;
    checked.running = true;
    this.#queue.push(checked);
    this.#begin();
  }

  /** Starts waiting checks in their order, up to the limits of checks in flight and of checks started at once. */
  #begin(): void {
    while (this.#inFlight.size < MAX_CHECKS_IN_FLIGHT && this.#begun < MAX_BEGUN_AT_ONCE) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      if (!this.#isCurrent(next)) continue;
      this.#begun += 1;
      this.#breath ??= this.#options.timers.after(BREATH_MS, () => {
        this.#breath = null;
        this.#begun = 0;
        this.#begin();
      });
      void this.#run(next);
    }
  }

  async #run(checked: Checked): Promise<void> {
    const running = new AbortController();
    this.#inFlight.add(running);
    const { check, now } = this.#options;
    const at = now();
    this.#punctuality.begun(delayOf(checked, at), at);
    const result = await check(checked.address, checked.settings, at, running.signal);
    this.#inFlight.delete(running);
    checked.running = false;
    if (this.#isCurrent(checked)) {
      if (result !== null) {
        this.#options.report(checked.pool, checked.backend, checked.generation, this.#told(checked, result));
      }
      this.#schedule(checked, this.#delay(checked, result));
    }
    if (!this.#stopped) this.#begin();
  }

  /** Leaves the addresses of the backend's name out of the result, unless they have changed. */
  #told(checked: Checked, result: CheckResult): CheckResult {
    const { resolved, ...rest } = result;
    if (resolved === undefined) return result;
    const news = this.#names.news(checked, resolved, result.at);
    return news === null ? rest : { ...rest, resolved: news };
  }

  #schedule(checked: Checked, delayMs: number): void {
    checked.timer?.cancel();
    checked.dueAt = this.#options.now() + delayMs;
    checked.timer = this.#options.timers.after(delayMs, () => this.#start(checked));
  }

  #bringForward(checked: Checked, doubted: boolean): void {
    if (checked.running) return;
    const { settings } = checked;
    const delayMs = doubted
      ? nextCheckDelay(settings, true, this.#options.random)
      : this.#delay(checked, null);
    if (this.#options.now() + delayMs < checked.dueAt) this.#schedule(checked, delayMs);
  }

  /** `result` is that of the check just made, because the world may not contain it yet. */
  #delay(checked: Checked, result: CheckResult | null): number {
    const { pool, backend } = checked;
    const health = this.#world?.state.pools.get(pool)?.backends.get(backend)?.health ?? 'unknown';
    const observed = this.#world?.observations.pools.get(pool)?.get(backend)?.checks.at(-1) ?? null;
    const newest = result ?? observed;
    const transition = inTransition(health, newest === null ? null : newest.passed);
    return nextCheckDelay(checked.settings, transition, this.#options.random);
  }

  #watchLag(): void {
    this.#lagWatch ??= this.#options.timers.after(LAG_WATCH_MS, () => {
      this.#lagWatch = null;
      const lag = this.lag();
      if (lag.behind !== this.#behind) {
        this.#behind = lag.behind;
        this.#options.lagChanged(lag);
      }
      if (this.#checked.size > 0) this.#watchLag();
    });
  }
}

function delayOf({ dueAt, settings }: Checked, at: number): Delay {
  return { lateMs: Math.max(0, at - dueAt), intervalMs: settings.intervalMs };
}

function changedPools(now: ControlState, then: ControlState | undefined): readonly PoolId[] {
  return PersistentMap.from(now.pools).changesSince(PersistentMap.from(then?.pools ?? []));
}

/** Backends whose checks may have to change: all of the pool if its settings changed, otherwise the changed ones. */
function changedBackends(now: PoolState | undefined, then: PoolState | undefined): readonly BackendId[] {
  const [after, before] = [PersistentMap.from(now?.backends ?? []), PersistentMap.from(then?.backends ?? [])];
  const sameSettings = now?.settings.healthCheck === then?.settings.healthCheck;
  return sameSettings ? after.changesSince(before) : [...new Set([...before.keys(), ...after.keys()])];
}
