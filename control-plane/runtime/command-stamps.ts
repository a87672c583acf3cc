/**
 * Gives each command what makes its decision one that can be made again: an id, a time, a seed. Ids rise by 1. Time never
 * goes back behind the last event in the log, even when the clock does: after events that were written while the clock was
 * ahead, time goes on from there, so that what waits for it (an open breaker) does not wait until the clock has caught up.
 */
import type { Clock, Logger } from '#shared/ports.js';
import type { Command, CommandDraft } from '../domain/commands.js';

/** A clock that is behind the last event by no more than this is not worth a word. */
const CLOCK_TOLERANCE_MS = 5_000;

interface CommandStampsDeps {
  readonly clock: Clock;
  readonly seed: () => number;
  readonly logger: Logger;
}

/** The last command and the last event in the log. */
interface LastStamp {
  readonly commandId: number;
  readonly at: number;
}

export class CommandStamps {
  readonly #deps: CommandStampsDeps;
  /** How far the log's last event was ahead of the clock when it was opened. */
  readonly #aheadMs: number;
  #lastId: number;
  #lastAt: number;

  constructor(last: LastStamp, deps: CommandStampsDeps) {
    this.#deps = deps;
    this.#lastId = last.commandId;
    this.#lastAt = last.at;
    this.#aheadMs = Math.max(0, last.at - deps.clock.now());
    if (this.#aheadMs > CLOCK_TOLERANCE_MS) {
      const aheadMs = this.#aheadMs;
      deps.logger.warn({ aheadMs }, 'the clock was set back: time goes on from the last event');
    }
  }

  now(): number {
    return this.#deps.clock.now() + this.#aheadMs;
  }

  stamp(draft: CommandDraft): Command {
    this.#lastId += 1;
    this.#lastAt = Math.max(this.#lastAt, this.now());
    return { ...draft, id: this.#lastId, at: this.#lastAt, seed: this.#deps.seed() };
  }
}
