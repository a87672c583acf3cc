/**
 * The laws of the whole system, checked while it runs. A breach is kept, not thrown, because whoever causes it may
 * catch errors; the world looks here after every step and ends the run with the seed and the last steps.
 */
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import type { ControlState } from '../../control-plane/domain/state.js';
import { isNewer, type SnapshotPosition } from '../../shared/snapshot.js';

export type Law =
  | 'log-gapless'
  | 'epochs-rise'
  | 'one-writer-per-epoch'
  | 'time-rises'
  | 'open-until-its-deadline'
  | 'state-is-the-fold'
  | 'snapshots-never-go-back'
  | 'one-snapshot-under-way'
  | 'picks-are-allowed'
  | 'limits-are-kept'
  | 'trials-are-limited'
  | 'requests-find-a-backend'
  | 'queues-are-bounded'
  | 'permits-come-back'
  | 'converges'
  | 'nothing-left-running'
  | 'journal-gives-the-log'
  | 'reads-see-all'
  | 'reads-see-each-once'
  | 'no-bug'
  // of a fleet
  | 'only-the-leader-writes'
  | 'positions-name-one-content'
  | 'restores-keep-what-is-there'
  | 'restores-put-back-what-was'
  | 'writes-are-done-once'
  | 'incidents-are-told-once'
  | 'writes-are-answered'
  | 'acknowledged-is-stored'
  | 'acknowledged-is-kept'
  | 'refused-is-not-done'
  | 'one-leader-at-a-time'
  | 'hosts-stand-where-batches-end'
  | 'hosts-never-go-back'
  | 'verdicts-stay'
  | 'hosts-stop';

const STEPS_TOLD = 25;

export class Ledger {
  readonly #seed: number;
  readonly #now: () => number;
  readonly #steps: string[] = [];
  readonly #trials = new Map<string, number>();
  readonly #allowed = new Map<string, number>();
  readonly #positions = new Map<string, SnapshotPosition>();
  #breach: string | null = null;
  /** What happened, for the summary: shows that a run was worth its time. */
  readonly counts: Record<string, number> = {};

  constructor(seed: number, now: () => number) {
    this.#seed = seed;
    this.#now = now;
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  step(text: string): void {
    this.#steps.push(`${this.#now()} ${text}`);
    this.count('steps');
  }

  require(holds: boolean, law: Law, detail: string): void {
    if (holds || this.#breach !== null) return;
    this.#breach = `law "${law}" broken at ${this.#now()}: ${detail}`;
  }

  /** Throws if a law was broken. */
  verify(): void {
    if (this.#breach === null) return;
    const steps = this.#steps.slice(-STEPS_TOLD).join('\n  ');
    throw new Error(`seed ${this.#seed}: ${this.#breach}\nlast steps:\n  ${steps}`);
  }

  event(before: ControlState, event: TidegateEvent): void {
    this.count(event.type);
    this.require(
      event.epoch > before.epoch || event.at >= before.at,
      'time-rises',
      `${event.type} at ${event.at} after ${before.at}`,
    );
    if (event.type !== 'BreakerHalfOpened' && event.type !== 'BreakerClosed') return;
    const { pool, backend } = event;
    if (pool === undefined || backend === undefined) return;
    const was = before.pools.get(pool)?.backends.get(backend)?.breaker;
    if (was?.phase !== 'open') return;
    const disabled = event.type === 'BreakerClosed' && event.data.cause === 'disabled';
    const due = event.type === 'BreakerHalfOpened' && event.at >= was.until;
    this.require(disabled || due, 'open-until-its-deadline', `${pool}/${backend} ${event.type}`);
  }

  /** A worker has this snapshot in force. */
  inForce(worker: string, position: SnapshotPosition): void {
    const before = this.#positions.get(worker);
    this.#positions.set(worker, { epoch: position.epoch, version: position.version });
    const back = before !== undefined && isNewer(before, position);
    this.require(!back, 'snapshots-never-go-back', `${worker} from ${text(before)} to ${text(position)}`);
  }

  /** How many trials may be in flight to a backend; `family`: its name, its generation and its primary. */
  allowTrials(family: string, limit: number): void {
    this.#allowed.set(family, limit);
  }

  allowedTrials(family: string): number {
    return this.#allowed.get(family) ?? 0;
  }

  trialBegan(family: string): void {
    this.count('trials');
    const running = (this.#trials.get(family) ?? 0) + 1;
    this.#trials.set(family, running);
    const limit = this.allowedTrials(family);
    this.require(running <= limit, 'trials-are-limited', `${running} of ${limit} to ${family}`);
  }

  trialEnded(family: string): void {
    this.#trials.set(family, (this.#trials.get(family) ?? 0) - 1);
  }
}

function text(position: SnapshotPosition | undefined): string {
  return position === undefined ? 'none' : `${position.epoch}.${position.version}`;
}
