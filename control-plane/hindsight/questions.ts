/** Questions about history, and how they are answered from a log: the same in the primary and in the reader's thread. */
import { eventDocument } from './event-document.js';
import type { TidegateEvent } from '../domain/events.js';
import type { Explanation, Question } from '../domain/why.js';
import type { HistoryLog } from '../event-log/checkpoints.js';
import type { EventQuery } from '../event-log/event-log.js';
import type { EventText } from './history.js';
import { explanation, type Present } from './why.js';

export type HistoryQuestion = {
  /** Where it is answered: workers of other hosts are named with theirs. */
  readonly host: string;
} & (
  | /** `present`: how the backend stands now, if now is asked about. */
    { readonly kind: 'why'; readonly about: Question; readonly present: Present | null }
  | { readonly kind: 'events'; readonly query: EventQuery }
);

export type HistoryAnswer =
  | { readonly kind: 'why'; readonly explanation: Explanation | null }
  | { readonly kind: 'events'; readonly events: readonly EventText[] };

/** Fails with EventLogError. */
export async function answer(log: HistoryLog, question: HistoryQuestion): Promise<HistoryAnswer> {
  const { host } = question;
  switch (question.kind) {
    case 'why':
      return { kind: 'why', explanation: await explanation(log, question.about, question.present, host) };
    case 'events': {
      const events = await log.events.read(question.query);
      return { kind: 'events', events: events.map((event) => eventText(event, host)) };
    }
  }
}

function eventText(event: TidegateEvent, host: string): EventText {
  return { seq: event.seq, json: JSON.stringify(eventDocument(event, host)) };
}
