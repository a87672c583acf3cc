/**
 * The lease of a leader, renewed until it is over. A leader stops by its own monotonic clock, some time before the store's would:
 * what it sends later might be carried out after another leads. Knows nothing of what the leader does.
 */
import type { Random, TimerHandle, Timers } from '#shared/ports.js';
import type { FleetClock } from './fleet-clock.js';
import type { FleetStore, Term } from './fleet-store.js';
import type { FleetTimes } from './fleet-times.js';

/** Renewals do not all come at once: this share of the interval, sooner or later. */
const JITTER = 0.1;
/** A renewal that failed is tried again after this share of the interval. */
const RETRY_SHARE = 0.2;

interface LeaseDeps {
  readonly store: Pick<FleetStore, 'renew'>;
  readonly term: Term;
  readonly times: FleetTimes;
  readonly timers: Timers;
  readonly random: Random;
  readonly clock: FleetClock;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Called once, when it is over or another has it. */
  readonly over: (reason: string) => void;
}

export class Lease {
  readonly #deps: LeaseDeps;
  #validUntil: number;
  #timer: TimerHandle | null = null;
  #ended = false;
  #renewedAt: number;

  /** @param sentAt when it was asked for, by the monotonic clock */
  constructor(sentAt: number, deps: LeaseDeps) {
    this.#deps = deps;
    this.#validUntil = sentAt + deps.times.leaseMs;
    this.#renewedAt = sentAt;
    this.#arm(deps.times.renewEveryMs);
  }

  /** Whether something sent now comes before the lease ends. */
  get isValid(): boolean {
    return !this.#ended && this.#deps.now() < this.#validUntil - this.#deps.times.leaseMarginMs;
  }

  /** When it was renewed last, by the monotonic clock. */
  get renewedAt(): number {
    return this.#renewedAt;
  }

  /** Not to be renewed any more. */
  stop(): void {
    this.#ended = true;
    this.#timer?.cancel();
  }

  #arm(delayMs: number): void {
    const { timers, times, now } = this.#deps;
    const jittered = delayMs * (1 + JITTER * (2 * this.#deps.random() - 1));
    const left = this.#validUntil - times.leaseMarginMs - now();
    this.#timer = timers.after(Math.max(0, Math.min(jittered, left)), () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { store, term, times, now, clock } = this.#deps;
    if (!this.isValid) return this.#end('the lease could not be renewed in time');
    const sentAt = now();
    const answer = await store.renew({ ...term, ttlMs: times.leaseMs });
    if (this.#ended) return;
    if (answer.kind === 'fenced') return this.#end('another host has the lease, or it was over');
    if (answer.kind === 'ok') {
      this.#validUntil = sentAt + times.leaseMs;
      this.#renewedAt = sentAt;
      clock.heard(answer.time, { sentAt, heardAt: now() });
    }
    this.#arm(answer.kind === 'ok' ? times.renewEveryMs : times.renewEveryMs * RETRY_SHARE);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.stop();
    this.#deps.over(reason);
  }
}
