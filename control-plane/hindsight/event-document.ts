/** Events as the admin API shows them, made here because the thread that reads history writes them out. */
import { sentenceOf } from '../domain/event-sentence.js';
import type { TidegateEvent } from '../domain/events.js';
import { isoTime } from '../domain/iso-time.js';
import { objectToJsonCase } from './json-case.js';

/** An event. `data` is as it was stored, with names in snake_case; times in it are ISO 8601, durations `…_ms`. */
export interface EventDocument {
  readonly epoch: number;
  readonly seq: number;
  readonly at: string;
  readonly at_ms: number;
  readonly type: string;
  readonly schema: number;
  readonly pool?: string;
  readonly backend?: string;
  readonly actor: { readonly kind: string; readonly name?: string };
  /** What happened, for people. */
  readonly sentence: string;
  readonly cause: { readonly command: string; readonly id: number; readonly event?: number };
  readonly data: Readonly<Record<string, unknown>>;
}

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
