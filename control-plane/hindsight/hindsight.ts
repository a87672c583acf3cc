/**
 * Answers questions about history. It decides where: in the reader's thread or in the primary.
 *
 * The thread is the rule, because a question may read much. The primary answers itself in three cases:
 * - The question asks for few events that are near at hand.
 * - Too many events are not stored yet, or a state is not: only the primary has them.
 * - The thread cannot read the file (the log is lost or cannot be opened). What the primary knows must be told all the
 *   same.
 */
import type { World } from '../domain/decision.js';
import { askedStateIn, type Explanation, type Question } from '../domain/why.js';
import type { HistoryLog } from '../event-log/checkpoints.js';
import { EventLogError, type EventQuery } from '../event-log/event-log.js';
import { withTail, type LogTail } from '../event-log/read-with-tail.js';
import type { Teller } from './event-document.js';
import type { EventText, History } from './history.js';
import { answer, type HistoryAnswer, type HistoryQuestion } from './questions.js';
import type { HistoryReader } from './reader.js';

/**
 * Most events that the primary reads itself: one page as people ask for it, and one event more to know whether it is
 * the last page.
 */
const FEW_EVENTS = 101;
/** Most unstored events that are handed to the thread with a question: about 3 ms of the primary's time. */
export const MAX_HANDED_OVER = 1_000;
/** How many events a search in the primary may have to read. */
const NEAR_EVENTS = 1_000;

interface HindsightDeps {
  /** This host. */
  readonly teller: Teller;
  readonly log: HistoryLog;
  readonly world: () => World;
  /** Events that are not stored yet. */
  readonly tail: () => LogTail;
  /** `null`: there is no file, so the primary answers everything itself. */
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
    const told = await this.#aside({ kind: 'why', teller: this.#deps.teller, about, present });
    return told.kind === 'why' ? told.explanation : null;
  }

  async events(query: EventQuery): Promise<readonly EventText[]> {
    const question = { kind: 'events', teller: this.#deps.teller, query } as const;
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
    // The tail has a base state after events were given up, which is rare. Such a state cannot be handed over.
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
