/**
 * An event as the admin API shows it. The code is here and not in `admin/`, because the reader's thread writes events
 * out.
 */
import type { EventDocument } from '../documents/event-documents.js';
import { sentenceOf } from '../domain/event-sentence.js';
import type { TidegateEvent } from '../domain/events.js';
import { isoTime } from '../domain/iso-time.js';
import { objectToJsonCase } from './json-case.js';

/** @param host the host that shows the event: workers of other hosts are named together with their host */
export function eventDocument(event: TidegateEvent, host: string): EventDocument {
  return {
    epoch: event.epoch,
    seq: event.seq,
    at: isoTime(event.at),
    at_ms: event.at,
    type: event.type,
    schema: event.schema,
    ...(event.pool === undefined ? {} : { pool: event.pool }),
    ...(event.backend === undefined ? {} : { backend: event.backend }),
    sentence: sentenceOf(event, host),
    actor: event.actor,
    cause: event.cause,
    data: objectToJsonCase(event.data),
  };
}
