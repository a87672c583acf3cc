/** Documents about the fleet that a host belongs to: its hosts, and what became of a write to it. */
import { AVAILABILITIES } from '#shared/backend-state.js';
import type { TypeOf } from '#shared/shape.js';
import * as field from './field.js';

const MODES = ['following', 'autonomous'] as const;

/** A place in the log of the fleet. */
export const FleetPositionDocument = field.named(
  'FleetPosition',
  field.object({
    epoch: field.count('Names the term of the leader that wrote the event.'),
    seq: field.count('Number of the event.'),
  }),
);

const reached = field.nullable(
  FleetPositionDocument,
  'The last event of the log of the fleet that it has; null: none.',
);

export const FleetDocument = field.named(
  'Fleet',
  field.object({
    name: field.text('What its hosts are called together.'),
    host: field.text('The host that answers. Health and breakers are its own verdicts.'),
    mode: field.oneOf(
      MODES,
      'following: this host has what the others decide. autonomous: it goes on with what it knows, and the fleet cannot be changed from it.',
    ),
    why: field.nullable(field.text('Why it is autonomous; null: it follows.')),
    leader: field.nullable(field.text('The host that decides changes; null: none is known.')),
    leads: field.flag('Whether the host that answers is the leader.'),
    position: reached,
    head: field.nullable(FleetPositionDocument, 'Where the log of the fleet ends, as heard last.'),
    hosts: field.nullable(
      field.object({
        live: field.count('Hosts heard of within the last 5 s.'),
        total: field.count(),
      }),
      'null: Redis cannot be asked.',
    ),
    converged: field.nullable(
      field.flag(),
      'Whether every worker of every live host routes by all that the log of the fleet has; null: Redis cannot be asked.',
    ),
    heard_ms: field.nullable(field.count(), 'How long ago Redis answered; null: never.'),
    problem: field.nullable(field.text('Why this host cannot follow; null: it can.')),
    warning: field.nullable(
      field.text('What is wrong with how changes that this host decided are stored; null: nothing.'),
    ),
  }),
);
export interface FleetDocument extends TypeOf<typeof FleetDocument> {}

export const HostDocument = field.named(
  'Host',
  field.object({
    host: field.text(),
    self: field.flag('It is the host that answers.'),
    live: field.flag('It was heard of within the last 5 s.'),
    leads: field.flag(),
    mode: field.nullable(field.oneOf(MODES), 'null: there is no report of it.'),
    version: field.nullable(field.text()),
    position: reached,
    at_head: field.flag('Whether it has all that the log of the fleet has.'),
    heard_ms: field.nullable(field.count(), 'How long ago it was heard of; null: there is no report of it.'),
    workers: field.object({
      ready: field.count(),
      total: field.count(),
      converged: field.count('Workers that route by all that the log of the fleet has.'),
    }),
    backends_out: field.nullable(
      field.count(),
      'Backends that are not available by its own verdict; null: there is no report of it.',
    ),
    problem: field.nullable(field.text('Why it cannot follow.')),
  }),
);
export interface HostDocument extends TypeOf<typeof HostDocument> {}

export const HostsDocument = field.named(
  'Hosts',
  field.object({
    fleet: field.nullable(field.text(), 'Name of the fleet; null: this host belongs to none.'),
    asked: field.flag(
      'Whether Redis answered. Otherwise the list has what this host knows: itself, and the names of the others.',
    ),
    hosts: field.list(HostDocument),
  }),
);
export interface HostsDocument extends TypeOf<typeof HostsDocument> {}

/** What other hosts make of a backend. */
export const OtherVerdicts = field.nullable(
  field.list(
    field.object({ host: field.text(), availability: field.oneOf(AVAILABILITIES), since: field.time() }),
  ),
  'Live hosts of the fleet by whose verdict it is not available, each with its 50 worst backends at most; null: Redis cannot be asked.',
);

export const WRITE_OUTCOMES = ['accepted', 'rejected', 'expired', 'moved', 'unknown'] as const;

export const WriteDocument = field.named(
  'Write',
  field.object(
    {
      nonce: field.text(),
      outcome: field.oneOf(
        WRITE_OUTCOMES,
        'accepted: it was carried out. rejected, expired, moved: it was not, and will not be. unknown: nobody has answered it.',
      ),
      detail: field.text('The same in a sentence.'),
    },
    {
      position: FleetPositionDocument,
      events: field.count('How many events it led to.'),
      code: field.text('Why it was rejected.'),
    },
  ),
);
export interface WriteDocument extends TypeOf<typeof WriteDocument> {}

export const WriteParams = field.object({
  nonce: field.matching(/^[A-Za-z0-9-]{1,64}$/, 'The nonce that a problem document gave.'),
});
