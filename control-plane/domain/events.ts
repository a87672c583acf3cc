/**
 * Events: facts, in the past tense, never changed once released. This is the catalogue of all their types; each has one
 * entry, in the file of what it is about, and its sentence in `event-sentence.ts`. All that is durable is a fold of
 * events (`evolve.ts`).
 */
import type { TypeOf } from '#shared/shape.js';
import { BACKEND_EVENTS } from './backend-events.js';
import { CONFIG_EVENTS } from './config-events.js';
import type { EventEntry, EventLevel, Fact } from './event-entry.js';
import { FLEET_EVENTS } from './fleet-events.js';
import { POOL_EVENTS } from './pool-events.js';
import { PROCESS_EVENTS } from './process-events.js';

const ENTRIES = { ...PROCESS_EVENTS, ...CONFIG_EVENTS, ...FLEET_EVENTS, ...POOL_EVENTS, ...BACKEND_EVENTS };

export type EventType = keyof typeof ENTRIES;

/** The `data` of each type, as its shape says. */
export type EventData = { readonly [T in EventType]: TypeOf<(typeof ENTRIES)[T]['data']> };

interface EventAs<T extends EventType> extends Fact<EventData[T]> {
  readonly type: T;
}

/** An event of this type, or of one of these types. */
export type EventOf<T extends EventType> = { [P in T]: EventAs<P> }[T];

export type TidegateEvent = EventOf<EventType>;

export const EVENTS: { readonly [T in EventType]: EventEntry<EventData[T]> } = ENTRIES;

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(EVENTS, text);
}

/** The event with all that this release knows. */
export function completedEvent<T extends EventType>(event: EventOf<T>): EventOf<T> {
  const { complete } = EVENTS[event.type];
  return complete === undefined ? event : { ...event, data: complete(event.data, event) };
}

export function levelOf<T extends EventType>(event: EventOf<T>): EventLevel {
  const { level } = EVENTS[event.type];
  return typeof level === 'function' ? level(event.data) : level;
}
