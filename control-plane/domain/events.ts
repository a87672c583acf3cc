/**
 * The catalogue of all event types. Events are facts, named in the past tense, and never change once released. Each type has
 * one entry, in the file of its subject, and one sentence in `event-sentence.ts`. All durable state is a fold of events
 * (`evolve.ts`).
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

/** The `data` of each type, according to its shape. */
export type EventData = { readonly [T in EventType]: TypeOf<(typeof ENTRIES)[T]['data']> };

interface EventAs<T extends EventType> extends Fact<EventData[T]> {
  readonly type: T;
}

/** An event of this type or of one of these types. */
export type EventOf<T extends EventType> = { [P in T]: EventAs<P> }[T];

export type TidegateEvent = EventOf<EventType>;

export const EVENTS: { readonly [T in EventType]: EventEntry<EventData[T]> } = ENTRIES;

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(EVENTS, text);
}

/** Adds to the event what an older release did not know. */
export function completedEvent<T extends EventType>(event: EventOf<T>): EventOf<T> {
  const { complete } = EVENTS[event.type];
  return complete === undefined ? event : { ...event, data: complete(event.data, event) };
}

export function levelOf<T extends EventType>(event: EventOf<T>): EventLevel {
  const { level } = EVENTS[event.type];
  return typeof level === 'function' ? level(event.data) : level;
}

/** Events by which the fleet tells of the workers of a host, which has events of its own of them. */
const OF_HOSTS_WORKERS = ['HostWorkerExited', 'HostWorkerReady', 'HostIncidentsUntold'] as const;

/** Whether the host has told the same by events of its own. Where nobody asked for it, it is not told twice. */
export function isToldTwiceOn(host: string, event: TidegateEvent): boolean {
  return OF_HOSTS_WORKERS.some((type) => event.type === type && event.data.host === host);
}
