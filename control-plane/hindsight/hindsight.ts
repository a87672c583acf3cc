/**
 * Answers questions about history. In a thread of its own, because they may read much; here, where there is nothing to
 * gain by that (few events that are known to be at hand, or many that only this process has), or where the thread cannot
 * read the file: while the log is lost or cannot be opened, what is known must be told all the same.
 */
import type { World } from '../domain/decision.js';
import { askedStateIn, type Explanation, type Question } from '../domain/why.js';
import type { HistoryLog } from '../event-log/checkpoints.js';
import { EventLogError, type EventQuery } from '../event-log/event-log.js';
import { withTail, type LogTail } from '../event-log/read-with-tail.js';
import type { EventText, History } from './history.js';
import { answer, type HistoryAnswer, type HistoryQuestion } from './questions.js';
import type { HistoryReader } from './reader.js';

/** Events that are read here, at most: those of a page as people ask for them, and one to know whether there are more. */
const FEW_EVENTS = 101;
/** Events that wait to be stored are handed over with each question, up to so many: some 3 ms of the primary. */
export const MAX_HANDED_OVER = 1_000;
/** Events since the last one read, within which everything that is asked for may be looked for here. */
const NEAR_EVENTS = 1_000;

interface HindsightDeps {
  /** Name of this host. */
  readonly host: string;
  readonly log: HistoryLog;
  readonly world: () => World;
  /** Events that are not stored yet. */
  readonly tail: () => LogTail;
  /** `null`: everything is answered here, because there is no file. */
  readonly reader: HistoryReader | null;
}

export class Hindsight implements History {
  readonly #deps: HindsightDeps;
  readonly #log: HistoryLog;

  constructor(deps: HindsightDeps) {
    this.#deps = deps;
    this.#log = withTail(deps.log, deps.tail);
  }

  async why(about: Question): Promise<Explanation | null> {
    const { state } = this.#deps.world();
    const present = about.at >= state.at ? { seq: state.seq, asked: askedStateIn(state, about) } : null;
    const told = await this.#aside({ kind: 'why', host: this.#deps.host, about, present });
    return told.kind === 'why' ? told.explanation : null;
  }

  async events(query: EventQuery): Promise<readonly EventText[]> {
    const question = { kind: 'events', host: this.#deps.host, query } as const;
    const told = await (this.#isAtHand(query) ? answer(this.#log, question) : this.#aside(question));
    return told.kind === 'events' ? told.events : [];
  }

  #isAtHand({ types, pool, backend, after, limit, order }: EventQuery): boolean {
    if (limit > FEW_EVENTS) return false;
    const all = types === undefined && pool === undefined && backend === undefined;
    return all || (order === 'forward' && this.#deps.world().state.seq - (after ?? 0) <= NEAR_EVENTS);
  }

  async #aside(question: HistoryQuestion): Promise<HistoryAnswer> {
    const { reader, world, tail } = this.#deps;
    const { base, events } = tail();
    // A state that is not stored cannot be handed over; it is there after events were given up, which is rare.
    if (reader === null || base !== null || events.length > MAX_HANDED_OVER) {
      return answer(this.#log, question);
    }
    const storedSeq = (events[0]?.seq ?? world().state.seq + 1) - 1;
    try {
      return await reader.ask({ question, storedSeq, tail: events });
    } catch (error) {
      const unreadable = error instanceof EventLogError && error.kind === 'unavailable';
      if (!unreadable) throw error;
      return answer(this.#log, question);
    }
  }
}
