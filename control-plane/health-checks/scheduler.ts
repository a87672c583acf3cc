/**
 * Runs the health checks: one timer per checked backend, the first check at once, never two of one backend at a
 * time, and never more than a bounded number in all. Results become commands; what they mean is decided elsewhere.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { Random, TimerHandle, Timers } from '#shared/ports.js';
import type { BackendAddress, HealthCheckSettings } from '#shared/settings.js';
import type { CheckResult } from '../domain/commands.js';
import type { World } from '../domain/decision.js';
import type { BackendState, PoolState } from '../domain/state.js';
import { inTransition, nextCheckDelay } from './check-plan.js';

/** Checks in flight at once, over all backends: keeps sockets and bursts small with very many backends. */
export const MAX_CHECKS_IN_FLIGHT = 128;

export interface CheckSchedulerOptions {
  /** Makes one check. Never rejects; `null`: nothing was learnt about the backend. */
  readonly check: (
    address: BackendAddress,
    settings: HealthCheckSettings,
    at: number,
    ended: AbortSignal,
  ) => Promise<CheckResult | null>;
  readonly report: (pool: PoolId, backend: BackendId, generation: number, result: CheckResult) => void;
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
  readonly #queue: Checked[] = [];
  #world: World | null = null;
  readonly #inFlight = new Set<AbortController>();
  #stopped = false;

  constructor(options: CheckSchedulerOptions) {
    this.#options = options;
  }

  /** Adopts the newest world: new backends are checked at once, removed ones no more, changed settings apply. */
  update(world: World): void {
    const poolsBefore = this.#world?.state.pools;
    this.#world = world;
    if (this.#stopped || world.state.pools === poolsBefore) return;
    const present = new Set<string>();
    for (const pool of world.state.pools.values()) {
      const settings = pool.settings.healthCheck;
      if (settings === null) continue;
      for (const backend of pool.backends.values()) {
        this.#adopt(pool, backend, settings);
        present.add(keyOf(pool.id, backend.id));
      }
    }
    for (const [key, checked] of this.#checked) {
      if (present.has(key)) continue;
      checked.timer?.cancel();
      this.#checked.delete(key);
    }
  }

  /** Something else than a check casts doubt on a backend: check it as soon as one in transition. */
  hasten(pool: PoolId, backend: BackendId): void {
    const checked = this.#checked.get(keyOf(pool, backend));
    if (checked !== undefined) this.#bringForward(checked, true);
  }

  /** Ends the checks that run, too: the process must not wait for a backend that does not answer. */
  stop(): void {
    this.#stopped = true;
    for (const running of this.#inFlight) running.abort();
    for (const checked of this.#checked.values()) checked.timer?.cancel();
    this.#checked.clear();
    this.#queue.length = 0;
  }

  #adopt(pool: PoolState, backend: BackendState, settings: HealthCheckSettings): void {
    const key = keyOf(pool.id, backend.id);
    const known = this.#checked.get(key);
    if (known !== undefined && known.generation === backend.generation) {
      if (known.settings === settings) return;
      known.settings = settings;
      this.#bringForward(known, false);
      return;
    }
    known?.timer?.cancel();
    const added: Checked = {
      pool: pool.id,
      backend: backend.id,
      generation: backend.generation,
      address: backend.address,
      settings,
      timer: null,
      dueAt: 0,
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
    if (this.#inFlight.size >= MAX_CHECKS_IN_FLIGHT) this.#queue.push(checked);
    else void this.#run(checked);
  }

  async #run(checked: Checked): Promise<void> {
    const running = new AbortController();
    this.#inFlight.add(running);
    const { check, now } = this.#options;
    const result = await check(checked.address, checked.settings, now(), running.signal);
    this.#inFlight.delete(running);
    checked.running = false;
    if (this.#isCurrent(checked)) {
      if (result !== null) {
        this.#options.report(checked.pool, checked.backend, checked.generation, result);
      }
      this.#schedule(checked, this.#delay(checked, result));
    }
    this.#startQueued();
  }

  #startQueued(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (!this.#isCurrent(next)) continue;
      this.#start(next);
      return;
    }
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

  /** `result`: the check just made, which the world may not contain yet. */
  #delay(checked: Checked, result: CheckResult | null): number {
    const { pool, backend } = checked;
    const health = this.#world?.state.pools.get(pool)?.backends.get(backend)?.health ?? 'unknown';
    const observed = this.#world?.observations.pools.get(pool)?.get(backend)?.checks.at(-1) ?? null;
    const newest = result ?? observed;
    const transition = inTransition(health, newest === null ? null : newest.passed);
    return nextCheckDelay(checked.settings, transition, this.#options.random);
  }
}
