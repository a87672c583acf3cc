/** The questions about history, and how a log answers them. The primary and the reader's thread both use this code. */
import { eventDocument, type Teller } from './event-document.js';
import type { TidegateEvent } from '../domain/events.js';
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
      const events = await log.events.read(question.query);
      return { kind: 'events', events: events.map((event) => eventText(event, teller)) };
    }
  }
}

function eventText(event: TidegateEvent, teller: Teller): EventText {
  const { epoch, seq } = event;
  return { epoch, seq, json: JSON.stringify(eventDocument(event, teller)) };
}
