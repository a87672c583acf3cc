/**
 * Writes the operator's log: one line for each event, and one line when the standing of a whole pool changes. The event log
 * has all details.
 */
import type { Logger } from '#shared/ports.js';
import { type Role, takesTraffic } from '#shared/role.js';
import { namedSentenceOf } from '../domain/event-sentence.js';
import { isToldTwiceOn, levelOf, type TidegateEvent } from '../domain/events.js';
import type { ControlState } from '../domain/state.js';
import { PoolLines } from './pool-lines.js';

export class EventLines {
  readonly #logger: Logger;
  /** `null`: this host judges no backends. */
  readonly #pools: PoolLines | null;
  readonly #host: string;

  /** @param host name of this host */
  constructor(logger: Logger, host: string, role: Role) {
    this.#logger = logger;
    this.#host = host;
    this.#pools = takesTraffic(role) ? new PoolLines(logger) : null;
  }

  /** To be called after each append, with the new state and the appended events. */
  tell(state: ControlState, events: readonly TidegateEvent[]): void {
    for (const event of events) if (!isToldTwiceOn(this.#host, event)) this.#tellOf(event);
    this.#pools?.tell(state, events);
  }

  #tellOf(event: TidegateEvent): void {
    const { seq, type, pool, backend } = event;
    const about = {
      seq,
      ...(pool === undefined ? {} : { pool }),
      ...(backend === undefined ? {} : { backend }),
    };
    this.#logger[levelOf(event)]({ ...about, sentence: namedSentenceOf(event, this.#host) }, type);
  }
}
