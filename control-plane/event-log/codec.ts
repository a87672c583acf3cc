/**
 * Encodes events, journal entries and checkpoints as text, and decodes them. Every text that is read is checked for its
 * shape, and older events are lifted to the present schema. A value that could not be read back is not encoded: that is a
 * bug, so the encoder throws. The codec knows nothing of tables and files.
 */
import { createHash } from 'node:crypto';
import { assert } from '#shared/assert.js';
import { decodeShape, integer, object, record, text, type Shape } from '#shared/shape.js';
import { backendName, poolName } from '#shared/shape-settings.js';
import { actor } from '../domain/actor.js';
import type { Cause } from '../domain/event-entry.js';
import { completedEvent, EVENTS, isEventType, type TidegateEvent } from '../domain/events.js';
import { fleetOrigin } from '../domain/fleet-standing.js';
import { journalEntry, type JournalEntry } from '../domain/journal.js';
import { completedState, restoreState, serializedState, serializeState } from '../domain/serialize.js';
import { liftedCommand } from '../domain/stored-commands.js';
import type { ControlState } from '../domain/state.js';
import type { StoredEventShape as StoredEvent, Upcasted } from '../domain/upcast.js';
import { JOURNAL_SCHEMA, upcastJournalEntry, withPermitNumbers } from '../domain/upcast-journal.js';
import { time } from '../domain/stored-shapes.js';
import { EventLogError } from './event-log.js';

/** Lifts an event of an older schema to the present one, as `upcast` in `domain/upcast.ts` does. */
export type Upcast = (stored: StoredEvent) => Upcasted;

/** Maximum length of the name of an event type, in characters. */
const MAX_TYPE = 64;
const anyCommand: Shape<Cause['command']> = {
  problem: (value, path) =>
    typeof value === 'string' && value.length <= 64 ? null : `${path}: expected the type of a command`,
};

const storedEvent = record<StoredEvent>(
  {
    epoch: integer(0),
    seq: integer(1),
    at: time,
    type: text(MAX_TYPE),
    schema: integer(0),
    actor,
    cause: record<Cause>({ command: anyCommand, id: integer(0) }, { event: integer(0) }),
    data: { problem: () => null },
  },
  { pool: poolName, backend: backendName, fleet: fleetOrigin },
);

/** The schema number in the text of a journal entry. `upcast-journal.ts` says what its absence means. */
const journalText = object({}, { schema: integer(1) });

/** Encodes the event as JSON. Throws if the event could not be decoded again. */
export function encodeEvent(event: TidegateEvent): string {
  const problem = storedEvent.problem(event, 'event') ?? dataProblem(event);
  assert(problem === null, `an event that cannot be read back: ${problem}`);
  assert(event.schema === EVENTS[event.type].schema, `${event.type} written with schema ${event.schema}`);
  return JSON.stringify(event);
}

/** Throws EventLogError: `corrupt` if the text is no event, `too-new` if a newer release wrote it. */
export function decodeEvent(body: string, upcast: Upcast): TidegateEvent {
  const lifted = upcast(read(storedEvent, parse(body, 'event'), 'event'));
  if (lifted.kind === 'failed') throw notLifted(lifted);
  const problem = dataProblem(lifted.event);
  if (problem !== null) throw new EventLogError('corrupt', `event ${lifted.event.seq}: ${problem}`);
  return completedEvent(lifted.event as TidegateEvent);
}

export function encodeJournalEntry(entry: JournalEntry): string {
  const problem = journalEntry.problem(entry, 'journal');
  assert(problem === null, `a journal entry that cannot be read back: ${problem}`);
  return JSON.stringify({ schema: JOURNAL_SCHEMA, ...entry });
}

/** Throws EventLogError: `corrupt` if the text is no journal entry, `too-new` if a newer release wrote it. */
export function decodeJournalEntry(body: string): JournalEntry {
  const { schema = 1, ...stored } = read(journalText, parse(body, 'journal'), 'journal');
  if (schema > JOURNAL_SCHEMA) {
    const problem = `its journal has schema ${schema}, this release knows ${JOURNAL_SCHEMA}`;
    throw new EventLogError('too-new', tooNew(problem));
  }
  if (schema === JOURNAL_SCHEMA) return withLiftedCommand(read(journalEntry, stored, 'journal'));
  return withPermitNumbers(withLiftedCommand(read(journalEntry, upcastJournalEntry(stored), 'journal')));
}

function withLiftedCommand(entry: JournalEntry): JournalEntry {
  return entry.kind === 'command' ? { ...entry, command: liftedCommand(entry.command) } : entry;
}

/** Encodes the state as canonical JSON: equal states give equal texts. */
export function encodeState(state: ControlState): string {
  const stored = serializeState(state);
  const problem = serializedState.problem(stored, 'state');
  assert(problem === null, `a state that cannot be read back: ${problem}`);
  return canonicalJson(stored);
}

/** Throws EventLogError `corrupt` if the text is no state. */
export function decodeState(body: string): ControlState {
  return restoreState(completedState(read(serializedState, parse(body, 'checkpoint'), 'checkpoint')));
}

/** JSON with sorted keys in every object, so that equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

export function sha256(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

function dataProblem(event: StoredEvent): string | null {
  const { type, data } = event;
  return isEventType(type) ? EVENTS[type].data.problem(data, type) : `${type}: unknown type`;
}

/** An unknown event type or schema means that a newer release wrote the event. */
function notLifted(failed: Extract<Upcasted, { kind: 'failed' }>): EventLogError {
  const { problem } = failed;
  if (failed.reason === 'no-step') return new EventLogError('corrupt', problem);
  return new EventLogError('too-new', tooNew(problem));
}

function tooNew(problem: string): string {
  const advice = 'a newer release wrote it. Start that release, or a later one.';
  return `The event log cannot be read by this release: ${problem}; ${advice}`;
}

function read<T>(shape: Shape<T>, value: unknown, what: string): T {
  const decoded = decodeShape(shape, value, what);
  if (!decoded.ok) throw new EventLogError('corrupt', decoded.problem);
  return decoded.value;
}

function parse(body: string, what: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new EventLogError('corrupt', `${what}: is not JSON`, { cause });
  }
}
