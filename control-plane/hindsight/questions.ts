/** The questions about history, and how a log answers them. The primary and the reader's thread both use this code. */
import { eventDocument, type Teller } from './event-document.js';
import { isToldTwiceOn, type TidegateEvent } from '../domain/events.js';
import type { Explanation, Question } from '../domain/why.js';
import type { HistoryLog } from '../event-log/checkpoints.js';
import type { EventQuery } from '../event-log/event-log.js';
import type { EventText } from './history.js';
import { explanation, type Present } from './why.js';

export type HistoryQuestion = {
  /** The host that answers. */
  readonly teller: Teller;
} & (
  | /** `present` is given if the question is about now: where the log ends, and the state of the backend there. */
    { readonly kind: 'why'; readonly about: Question; readonly present: Present | null }
  | { readonly kind: 'events'; readonly query: EventQuery }
);

export type HistoryAnswer =
  | { readonly kind: 'why'; readonly explanation: Explanation | null }
  | { readonly kind: 'events'; readonly events: readonly EventText[] };

/** Rejects with EventLogError. */
export async function answer(log: HistoryLog, question: HistoryQuestion): Promise<HistoryAnswer> {
  const { teller } = question;
  switch (question.kind) {
    case 'why':
      return {
        kind: 'why',
        explanation: await explanation(log, question.about, question.present, teller.host),
      };
    case 'events': {
      const events = await shownEvents(log, question.query, teller.host);
      return { kind: 'events', events: events.map((event) => eventText(event, teller)) };
    }
  }
}

/**
 * Matching events. Unless types are asked for, a host leaves out what the fleet tells of its own workers, and reads on until the page
 * is full.
 */
async function shownEvents(
  { events }: HistoryLog,
  query: EventQuery,
  host: string,
): Promise<readonly TidegateEvent[]> {
  const shown: TidegateEvent[] = [];
  for (let rest = query; ;) {
    const page = await events.read(rest);
    shown.push(...page.filter((event) => query.types !== undefined || !isToldTwiceOn(host, event)));
    const last = page.at(-1);
    const limit = query.limit - shown.length;
    if (last === undefined || page.length < rest.limit || limit === 0) return shown;
    rest = { ...rest, limit, ...(query.order === 'forward' ? { after: last.seq } : { upTo: last.seq - 1 }) };
  }
}

function eventText(event: TidegateEvent, teller: Teller): EventText {
  const { epoch, seq } = event;
  return { epoch, seq, json: JSON.stringify(eventDocument(event, teller)) };
}
