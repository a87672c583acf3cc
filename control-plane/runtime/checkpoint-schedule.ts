/** Saves checkpoints of the state: after a number of events, or some time after the last checkpoint. */
import type { Clock, Logger } from '#shared/ports.js';
import type { ControlState } from '../domain/state.js';
import type { Checkpoints } from '../event-log/checkpoints.js';

/** A checkpoint is due after this many events, or after as many events as there are backends if that is more. */
const CHECKPOINT_EVENTS = 500;
/** A checkpoint is also due this long after the last one, if any event followed it. */
const CHECKPOINT_MS = 300_000;

interface CheckpointScheduleDeps {
  readonly checkpoints: Pick<Checkpoints, 'save'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class CheckpointSchedule {
  readonly #deps: CheckpointScheduleDeps;
  /** Number of the last event that the newest checkpoint contains. */
  #seq: number;
  #at: number;

  constructor(seq: number, deps: CheckpointScheduleDeps) {
    this.#deps = deps;
    this.#seq = seq;
    this.#at = deps.clock.now();
  }

  /** Saves a checkpoint of `state` if one is due. All events of `state` must be stored. */
  async saveIfDue(state: ControlState): Promise<void> {
    const age = this.#deps.clock.now() - this.#at;
    const grown = state.seq - this.#seq;
    if (grown < eventsPerCheckpoint(state) && (grown === 0 || age < CHECKPOINT_MS)) return;
    await this.save(state);
  }

  /**
   * Saves a checkpoint of `state` unless the newest one contains it already. A failure is only logged, because it costs
   * nothing but a longer start.
   */
  async save(state: ControlState): Promise<void> {
    if (state.seq <= this.#seq) return;
    try {
      await this.#deps.checkpoints.save(state);
      this.#seq = state.seq;
      this.#at = this.#deps.clock.now();
    } catch (error) {
      this.#deps.logger.error({ err: error }, 'checkpoint not written: the next start reads more of the log');
    }
  }
}

/**
 * The size of a checkpoint grows with the number of backends. Because the number of events between checkpoints grows alike,
 * the cost per event stays the same.
 */
function eventsPerCheckpoint({ pools }: ControlState): number {
  let backends = 0;
  for (const pool of pools.values()) backends += pool.backends.size;
  return Math.max(CHECKPOINT_EVENTS, backends);
}
