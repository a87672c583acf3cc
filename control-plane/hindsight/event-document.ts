/**
 * An event as the admin API shows it. The code is here and not in `admin/`, because the reader's thread writes events
 * out.
 */
import type { EventDocument, FleetOriginDocument } from '../documents/event-documents.js';
import { sentenceOf } from '../domain/event-sentence.js';
import type { TidegateEvent } from '../domain/events.js';
import type { FleetOrigin } from '../domain/fleet-standing.js';
import { isoTime } from '../domain/iso-time.js';
import { objectToJsonCase } from './json-case.js';

/** The host that shows an event. */
export interface Teller {
  /** Its name: workers of other hosts are named together with their host. */
  readonly host: string;
  /** Whether it belongs to a fleet, so that its own verdicts may differ from those of other hosts. */
  readonly inFleet: boolean;
}

export function eventDocument(event: TidegateEvent, { host, inFleet }: Teller): EventDocument {
  const { fleet } = event;
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
    ...(fleet === undefined ? {} : { fleet: originDocument(fleet) }),
    ...(fleet === undefined && inFleet ? { host } : {}),
  };
}

/** Where an event stands in the log of the fleet. */
export function originDocument({ epoch, seq, at, command }: FleetOrigin): FleetOriginDocument {
  return { epoch, seq, at: isoTime(at), at_ms: at, command };
}
