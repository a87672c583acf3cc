/**
 * Gives each command an id, a time and a seed, so that its decision can be repeated exactly. Ids rise by 1. Time never goes
 * back behind the last event in the log, even if the clock does. After the clock was set back, time goes on from the last
 * event, because otherwise an open breaker would stay open until the clock had caught up.
 */
import type { Clock, Logger } from '#shared/ports.js';
import type { Command, CommandDraft } from '../domain/commands.js';

/** A clock that is behind the last event by at most this many milliseconds is not reported. */
const CLOCK_TOLERANCE_MS = 5_000;

interface CommandStampsDeps {
  readonly clock: Clock;
  readonly seed: () => number;
  readonly logger: Logger;
}

/** The id of the last command, and the time of the last event in the log. */
interface LastStamp {
  readonly commandId: number;
  readonly at: number;
}

export class CommandStamps {
  readonly #deps: CommandStampsDeps;
  /** How far the log's last event was ahead of the clock when the log was opened, in milliseconds. */
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
