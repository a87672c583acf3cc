/**
 * Stores the fleet's state beside its log, so that a host that was away for long need not read all of it, and the log need not be
 * kept for ever. The leader does it: some time after a change, or after many changes.
 */
import type { Logger, TimerHandle, Timers } from '#shared/ports.js';
import { fleetOf } from '../domain/fleet-state.js';
import { snapshotOf } from './fleet-codec.js';
import type { FleetStore, Term } from './fleet-store.js';
import type { FleetTimes } from './fleet-times.js';
import type { OwnLoop } from './own-loop.js';

/** After this many events a snapshot is stored at once. */
const EVENTS_PER_SNAPSHOT = 500;
/** The newest events of the log that stay: what other hosts may have missed, and their history. */
const KEPT_EVENTS = 100_000;

interface FleetSnapshotsDeps {
  readonly store: Pick<FleetStore, 'saveSnapshot'>;
  readonly loop: Pick<OwnLoop, 'world'>;
  readonly timers: Timers;
  readonly times: FleetTimes;
  readonly logger: Logger;
}

export class FleetSnapshots {
  readonly #deps: FleetSnapshotsDeps;
  readonly #term: Term;
  #timer: TimerHandle | null = null;
  #savedSeq: number;
  #saving = false;
  #stopped = false;

  constructor(term: Term, savedSeq: number, deps: FleetSnapshotsDeps) {
    this.#term = term;
    this.#savedSeq = savedSeq;
    this.#deps = deps;
  }

  /** The own loop has followed what was appended. */
  changed(): void {
    if (this.#unsaved >= EVENTS_PER_SNAPSHOT) return void this.save();
    this.#arm();
  }

  async save(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    const { store, loop, logger } = this.#deps;
    const { state } = loop.world;
    if (this.#saving || state.fleet === null || state.fleet.seq <= this.#savedSeq) return;
    this.#saving = true;
    const snapshot = snapshotOf(fleetOf(state));
    const { seq } = snapshot.position;
    const keepFrom = Math.max(1, seq - KEPT_EVENTS);
    const saved = await store.saveSnapshot({ ...this.#term, snapshot, keepFrom });
    this.#saving = false;
    if (saved.kind === 'ok') this.#savedSeq = seq;
    else logger.debug({ seq, why: saved.kind }, "the fleet's snapshot was not stored");
    // Whatever else was the answer, another one knows better.
    if (this.#unsaved > 0 && (saved.kind === 'ok' || saved.kind === 'unavailable')) this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  get #unsaved(): number {
    return (this.#deps.loop.world.state.fleet?.seq ?? 0) - this.#savedSeq;
  }

  #arm(): void {
    if (this.#stopped) return;
    const { timers, times } = this.#deps;
    this.#timer ??= timers.after(times.snapshotAfterMs, () => void this.save());
  }
}
