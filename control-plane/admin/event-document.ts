/** Events as the admin API shows them. Also for the thread that answers questions about history. */
import { sentenceOf } from '../domain/event-sentence.js';
import type { TidegateEvent } from '../domain/events.js';
import type { EventDocument } from './documents.js';
import { isoTime, objectToJsonCase } from './json-case.js';

export function eventDocument(event: TidegateEvent): EventDocument {
  return {
    epoch: event.epoch,
    seq: event.seq,
    at: isoTime(event.at),
    at_ms: event.at,
    type: event.type,
    schema: event.schema,
    ...(event.pool === undefined ? {} : { pool: event.pool }),
    ...(event.backend === undefined ? {} : { backend: event.backend }),
    sentence: sentenceOf(event),
    actor: event.actor,
    cause: event.cause,
    data: objectToJsonCase(event.data),
  };
}
