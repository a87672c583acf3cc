/** Documents about events, and about the reasons of a backend's state. */
import { AVAILABILITIES } from '#shared/backend-state.js';
import type { TypeOf } from '#shared/shape.js';
import * as field from './field.js';
import { OtherVerdicts } from './fleet-documents.js';
import { name } from './pool-documents.js';

// The names of types are not listed here. The list is in the catalogue of events, and loading that would take as long
// as the whole command line, which reads these documents, too.
const eventType = field.wordOf('EventType');
const actorKind = field.wordOf('ActorKind');

/** Where an event stands in the log of the fleet. */
const fleetOrigin = field.object({
  epoch: field.count(),
  seq: field.count('Its number there, the same on all hosts.'),
  at: field.time('When it was decided, by the clock of the fleet.'),
  at_ms: field.count(),
  command: field.count(),
});
export interface FleetOriginDocument extends TypeOf<typeof fleetOrigin> {}

export const EventDocument = field.named(
  'Event',
  field.object(
    {
      epoch: field.count(),
      seq: field.count(),
      at: field.time(),
      at_ms: field.count(),
      type: eventType,
      schema: field.count(),
      sentence: field.text('What happened, for people.'),
      actor: field.object({ kind: actorKind }, { name: field.text() }),
      cause: field.object({ command: field.text(), id: field.count() }, { event: field.count() }),
      data: field.open('As it was stored. Differs by type.'),
    },
    {
      pool: field.text(),
      backend: field.text(),
      fleet: fleetOrigin,
      host: field.text(
        'The host whose verdict or doing it is. Absent where the fleet decided it, or where there is no fleet.',
      ),
    },
  ),
);
export interface EventDocument extends TypeOf<typeof EventDocument> {}

export const EventsDocument = field.named(
  'Events',
  field.object({
    events: field.list(EventDocument),
    more: field.flag(
      'Whether there are more in this direction: go on with `after` (ascending) or `before` (descending) of the last one.',
    ),
  }),
);

/** Most events in one answer. */
export const MAX_EVENTS = 1_000;
export const DEFAULT_EVENTS = 100;

const NUMBER = /^\d{1,15}$/;

/** Parameters of a query for events. All of them are text. */
export const EventsQuery = field.object(
  {},
  {
    after: field.matching(NUMBER, 'Only events with a greater number.'),
    before: field.matching(NUMBER, 'Only events with a smaller number.'),
    type: field.withKeywords(field.text('One event type (EventType), or several with commas between.'), {
      maxLength: 1_000,
    }),
    pool: name(),
    backend: name(),
    limit: field.matching(NUMBER, `1 to ${MAX_EVENTS}; ${DEFAULT_EVENTS} if not given.`),
    order: field.oneOf(
      ['asc', 'desc'],
      'asc: oldest first. Without it: asc where `after` is given, else desc.',
    ),
    follow: field.oneOf(
      ['true', 'false'],
      'true: a stream of server-sent events (text/event-stream) from `after`, or from `Last-Event-ID`, or from now, that does not end. `id` is the event’s number; in a fleet it is `number-epoch@host`, and a client that goes on with an id of another host is told of a gap.',
    ),
  },
);
export interface EventsQuery extends TypeOf<typeof EventsQuery> {}

/** Why a backend is, or was, in its state: one sentence, and the chain of events that led to it. */
export const WhyDocument = field.named(
  'Why',
  field.object(
    {
      pool: field.text(),
      backend: field.text(),
      at: field.time(),
      availability: field.nullable(field.oneOf(AVAILABILITIES), 'null: the backend did not exist.'),
      panic: field.flag(),
      headline: field.text('The answer in one sentence.'),
      steps: field.list(
        field.object(
          {
            seq: field.count(),
            at: field.time(),
            at_ms: field.count(),
            type: eventType,
            sentence: field.text(),
            evidence: field.list(field.text(), 'The results that decided, one per line.'),
          },
          { fleet: fleetOrigin },
        ),
        'The events that led to this state, oldest first.',
      ),
      omitted: field.count('Steps left out after the first.'),
    },
    {
      verdict_of: field.text('The host whose verdict this is. Absent where there is no fleet.'),
      elsewhere: OtherVerdicts,
    },
  ),
);
export interface WhyDocument extends TypeOf<typeof WhyDocument> {}

export const WhyQuery = field.object(
  {},
  {
    at: field.withKeywords(
      field.text('The time asked about: ISO 8601 with zone, or milliseconds since 1970. Without it: now.'),
      { maxLength: 40 },
    ),
  },
);
