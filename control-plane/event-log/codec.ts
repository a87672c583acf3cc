/**
 * Events, journal entries and checkpoints as text and back. Every text read is checked for shape, and older events are
 * lifted to the present schema. What could not be read back is refused before it is written: that is a bug, so it
 * throws. Knows nothing of tables and files.
 */
import { createHash } from 'node:crypto';
import { assert } from '#shared/assert.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import { decodeShape, finite, integer, oneOf, record } from '#shared/shape.js';
import type { Shape } from '#shared/shape.js';
import { backendName, poolName } from '#shared/shape-settings.js';
import type { Actor } from '../domain/commands.js';
import type { Cause, EventType, TidegateEvent } from '../domain/events.js';
import { EVENT_SCHEMAS } from '../domain/events.js';
import type { JournalEntry } from '../domain/journal.js';
import { restoreState, serializeState } from '../domain/serialize.js';
import type { ControlState } from '../domain/state.js';
import { EventLogError } from './event-log.js';
import { EVENT_DATA_SHAPES, storedState } from './event-shape.js';
import { actor, journalEntry } from './journal-shape.js';

/** An event as some release wrote it: its data may be of an older schema. */
export interface StoredEvent {
  readonly epoch: number;
  readonly seq: number;
  readonly at: number;
  readonly type: EventType;
  readonly schema: number;
  readonly pool?: PoolId;
  readonly backend?: BackendId;
  readonly actor: Actor;
  readonly cause: Cause;
  readonly data: unknown;
}

/** Lifts an event of an older schema to the present one. */
export type Upcast = (stored: StoredEvent) => StoredEvent;

const time = finite(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const anyType: Shape<EventType> = oneOf(...(Object.keys(EVENT_SCHEMAS) as EventType[]));
const anyCommand: Shape<Cause['command']> = {
  problem: (value, path) =>
    typeof value === 'string' && value.length <= 64 ? null : `${path}: expected the type of a command`,
};

const storedEvent = record<StoredEvent>(
  {
    epoch: integer(0),
    seq: integer(1),
    at: time,
    type: anyType,
    schema: integer(1),
    actor,
    cause: record<Cause>({ command: anyCommand, id: integer(0) }, { event: integer(0) }),
    data: { problem: () => null },
  },
  { pool: poolName, backend: backendName },
);

/** The event as JSON. Throws when it would not be readable again. */
export function encodeEvent(event: TidegateEvent): string {
  const problem = storedEvent.problem(event, 'event') ?? dataProblem(event);
  assert(problem === null, `an event that cannot be read back: ${problem}`);
  assert(event.schema === EVENT_SCHEMAS[event.type], `${event.type} written with schema ${event.schema}`);
  return JSON.stringify(event);
}

/** Throws EventLogError: `corrupt` when the text is no event, `too-new` when a newer release wrote it. */
export function decodeEvent(body: string, upcast: Upcast): TidegateEvent {
  const parsed = parse(body, 'event');
  refuseNewer(parsed);
  const stored = decodeShape(storedEvent, parsed, 'event');
  if (!stored.ok) throw new EventLogError('corrupt', stored.problem);
  const lifted =
    stored.value.schema === EVENT_SCHEMAS[stored.value.type] ? stored.value : upcast(stored.value);
  const problem = dataProblem(lifted);
  if (problem !== null) throw new EventLogError('corrupt', `event ${lifted.seq}: ${problem}`);
  return lifted as TidegateEvent;
}

export function encodeJournalEntry(entry: JournalEntry): string {
  const problem = journalEntry.problem(entry, 'journal');
  assert(problem === null, `a journal entry that cannot be read back: ${problem}`);
  return JSON.stringify(entry);
}

/** Throws EventLogError `corrupt` when the text is no journal entry. */
export function decodeJournalEntry(body: string): JournalEntry {
  const decoded = decodeShape(journalEntry, parse(body, 'journal'), 'journal');
  if (!decoded.ok) throw new EventLogError('corrupt', decoded.problem);
  return decoded.value;
}

/** The state as canonical JSON: equal states give equal texts. */
export function encodeState(state: ControlState): string {
  const stored = serializeState(state);
  const problem = storedState.problem(stored, 'state');
  assert(problem === null, `a state that cannot be read back: ${problem}`);
  return canonicalJson(stored);
}

/** Throws EventLogError `corrupt` when the text is no state. */
export function decodeState(body: string): ControlState {
  const decoded = decodeShape(storedState, parse(body, 'checkpoint'), 'checkpoint');
  if (!decoded.ok) throw new EventLogError('corrupt', decoded.problem);
  return restoreState(decoded.value);
}

/** JSON with the keys of every object in order, so that equal values give equal texts. */
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
  return EVENT_DATA_SHAPES[event.type].problem(event.data, event.type);
}

/** An event type or schema that this release does not know was written by a newer one. */
function refuseNewer(parsed: unknown): void {
  if (typeof parsed !== 'object' || parsed === null) return;
  const { type, schema } = parsed as { type?: unknown; schema?: unknown };
  if (typeof type !== 'string' || typeof schema !== 'number') return;
  const known: Readonly<Record<string, number>> = EVENT_SCHEMAS;
  const newest = Object.hasOwn(known, type) ? known[type] : undefined;
  if (newest !== undefined && schema <= newest) return;
  throw new EventLogError(
    'too-new',
    `The event log holds an event ${type} (schema ${schema}) that this release does not know: a newer release wrote it. Start that release, or a later one.`,
  );
}

function parse(body: string, what: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new EventLogError('corrupt', `${what}: is not JSON`, { cause });
  }
}
