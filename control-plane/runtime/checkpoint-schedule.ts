/** Makes checkpoints of the state: after so many events, or some time after the last one. */
import type { Clock, Logger } from '#shared/ports.js';
import type { ControlState } from '../domain/state.js';
import type { Checkpoints } from '../event-log/checkpoints.js';

/** Events after which a checkpoint is made, or as many as there are backends if these are more… */
const CHECKPOINT_EVENTS = 500;
/** …or this time after the last one, if there were any. */
const CHECKPOINT_MS = 300_000;

interface CheckpointScheduleDeps {
  readonly checkpoints: Pick<Checkpoints, 'save'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class CheckpointSchedule {
  readonly #deps: CheckpointScheduleDeps;
  /** The event after which the newest checkpoint was made. */
  #seq: number;
  #at: number;

  constructor(seq: number, deps: CheckpointScheduleDeps) {
    this.#deps = deps;
    this.#seq = seq;
    this.#at = deps.clock.now();
  }

  /** Makes one of `state`, all of whose events are stored, if it is time. */
  async saveIfDue(state: ControlState): Promise<void> {
    const age = this.#deps.clock.now() - this.#at;
    const grown = state.seq - this.#seq;
    if (grown < eventsPerCheckpoint(state) && (grown === 0 || age < CHECKPOINT_MS)) return;
    await this.save(state);
  }

  /** Makes one of `state` unless there is one. A failure is no more than a longer start. */
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

/** A checkpoint costs what there is; made after as many events as there are backends, it costs each event the same. */
function eventsPerCheckpoint({ pools }: ControlState): number {
  let backends = 0;
  for (const pool of pools.values()) backends += pool.backends.size;
  return Math.max(CHECKPOINT_EVENTS, backends);
}
