/**
 * Explains the availability of a backend: the chain of events of the backend and its pool, each with its evidence, and one
 * sentence as the answer. This file says which events are needed; `hindsight/why.ts` fetches them.
 */
import { defaultsOf } from '#shared/settings/complete.js';
import { limits } from '#shared/settings/forwarding.js';
import { assert } from '#shared/assert.js';
import { availabilityOf, isTakenOut } from '#shared/availability.js';
import type { Availability } from '#shared/backend-state.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import { evidenceLines, sentenceOf } from './event-sentence.js';
import { actorWords, breakerWords, healthWords } from './event-words.js';
import type { EventOf, EventType, TidegateEvent } from './events.js';
import type { FleetOrigin } from './fleet-standing.js';
import { isoTime } from './iso-time.js';
import { movedWords } from './resolved.js';
import type { BackendState, ControlState } from './state.js';

interface WhyStep {
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly type: EventType;
  readonly sentence: string;
  readonly evidence: readonly string[];
  /** Where the event stands in the log of the fleet; absent if this host decided it. */
  readonly fleet?: FleetOrigin;
}

export interface Explanation {
  readonly pool: PoolId;
  readonly backend: BackendId;
  readonly at: number;
  /** `null` if there is no such backend at that time. */
  readonly availability: Availability | null;
  readonly panic: boolean;
  readonly headline: string;
  /** Oldest first, from the addition of the backend on. */
  readonly steps: readonly WhyStep[];
  /** How many steps after the first were left out, because there were more than `MAX_STEPS`. */
  readonly omitted: number;
}

export interface Question {
  readonly pool: PoolId;
  readonly backend: BackendId;
  readonly at: number;
}

/** The most steps in an answer: the first step, and the newest others. */
export const MAX_STEPS = 100;

/** The backend and its pool at the time in question. */
export interface AskedState {
  /** `null` if there is no such pool, or no such backend in it. */
  readonly backend: BackendState | null;
  readonly panic: boolean;
  /** Age at which connections to backends are closed, in milliseconds. */
  readonly connectionAgeMs: number;
}

export function askedStateIn(
  { pools, forwarding }: ControlState,
  { pool, backend }: Pick<Question, 'pool' | 'backend'>,
): AskedState {
  const found = pools.get(pool);
  return {
    backend: found?.backends.get(backend) ?? null,
    panic: found?.panic ?? false,
    connectionAgeMs: (forwarding?.limits ?? defaultsOf(limits)).upstreamConnectionAgeMs,
  };
}

/** The newest event of the type at or before the time. Such events explain the availability of a backend. */
interface Decisive {
  readonly type: EventType;
  readonly at: number;
}

/** The events to fetch in addition to the newest ones, however old they are. */
export function decisiveFor({ health, healthSince, breaker }: BackendState, at: number): readonly Decisive[] {
  const checked = health === 'unhealthy' ? 'BackendBecameUnhealthy' : 'BackendBecameHealthy';
  const tripped = breaker.phase === 'closed' ? 'BreakerClosed' : 'BreakerOpened';
  return [
    { type: 'AdminStateChanged', at },
    { type: checked, at: healthSince },
    { type: tripped, at: breaker.since },
  ];
}

export interface Story {
  /**
   * Events since the addition of the backend, oldest first: its addition, the newest events of backend and pool, and the
   * decisive ones.
   */
  readonly events: readonly TidegateEvent[];
  /** How many events there are in total since the addition. */
  readonly total: number;
  /** The host on which the explanation is shown. Workers of other hosts are named with their host. */
  readonly host: string;
}

export function explain(question: Question, story: Story, asked: AskedState): Explanation {
  const { events, total, host } = story;
  const { backend, panic, connectionAgeMs } = asked;
  const kept = events.length > MAX_STEPS ? [...events.slice(0, 1), ...events.slice(1 - MAX_STEPS)] : events;
  return {
    ...question,
    availability: backend === null ? null : availabilityOf(backend),
    panic,
    headline:
      backend === null
        ? absentHeadline(question, events)
        : `${headlineOf(question.pool, backend, panic, story)}${movedWords(backend, connectionAgeMs, question.at)}`,
    steps: kept.map((event) => stepOf(event, host)),
    omitted: Math.max(total, events.length) - kept.length,
  };
}

function stepOf(event: TidegateEvent, host: string): WhyStep {
  const sentence = sentenceOf(event, host);
  return {
    seq: event.seq,
    at: event.at,
    type: event.type,
    sentence: event.backend === undefined ? `its pool ${sentence}` : sentence,
    evidence: evidenceLines(event),
    ...(event.fleet === undefined ? {} : { fleet: event.fleet }),
  };
}

function absentHeadline(question: Question, history: readonly TidegateEvent[]): string {
  const removed = last(history, 'BackendRemoved');
  if (removed !== undefined) {
    const by = actorWords(removed.actor);
    return `${question.backend} is not in pool ${question.pool}: it was removed at ${isoTime(removed.at)} by ${by}.`;
  }
  return `${question.backend} is not in pool ${question.pool}.`;
}

function headlineOf(pool: PoolId, backend: BackendState, panic: boolean, story: Story): string {
  const availability = availabilityOf(backend);
  const sentence = sentenceFor(availability, backend, story);
  if (!panic || !isTakenOut({ availability, admin: backend.admin })) return `${sentence}.`;
  return `${sentence}. It serves all the same, because pool ${pool} is in panic.`;
}

function sentenceFor(availability: Availability, backend: BackendState, story: Story): string {
  const { id } = backend;
  switch (availability) {
    case 'maintenance':
      return `${id} is in maintenance${bySetting(story.events)}`;
    case 'draining':
      return `${id} is draining${bySetting(story.events)}`;
    case 'unhealthy': {
      const event = last(story.events, 'BackendBecameUnhealthy');
      // An event of another time is not the reason. The right one may be missing in the log (`EventsLost`).
      const why = event?.at === backend.healthSince ? `: ${healthWords(event.data.evidence, false)}` : '';
      return `${id} is unhealthy since ${isoTime(backend.healthSince)}${why}`;
    }
    case 'unchecked':
      return `${id} waits for its first passed check since ${isoTime(backend.healthSince)}`;
    case 'ejected':
      return `${id} is ejected by its breaker ${openWords(backend)}${openedBecause(story, backend.breaker.since)}`;
    case 'trial':
      return `${id} is on trial since ${isoTime(backend.breaker.since)}, after its breaker was open${openedBecause(story)}`;
    case 'available':
      return `${id} is available${availableBecause(backend, story)}`;
  }
}

function bySetting(history: readonly TidegateEvent[]): string {
  const event = last(history, 'AdminStateChanged');
  return event === undefined ? '' : ` since ${isoTime(event.at)}, set by ${actorWords(event.actor)}`;
}

function openWords({ breaker }: BackendState): string {
  assert(breaker.phase === 'open', 'only an open breaker ejects');
  return `since ${isoTime(breaker.since)} until ${isoTime(breaker.until)}`;
}

/** @param since when the breaker opened, if it is open */
function openedBecause({ events, host }: Story, since?: number): string {
  const event = last(events, 'BreakerOpened');
  const isIt = event !== undefined && (since === undefined || event.at === since);
  return isIt ? `: ${breakerWords(event.data.evidence, host)}` : '';
}

/** Available since the last event without which the backend would not be available. */
function availableBecause(backend: BackendState, { events, host }: Story): string {
  const decisive = events.findLast((event) => {
    if (event.backend !== backend.id) return false;
    return (
      event.type === 'BackendAdded' ||
      event.type === 'BackendBecameHealthy' ||
      event.type === 'BreakerClosed' ||
      event.type === 'AdminStateChanged'
    );
  });
  const weightless = backend.weight === 0 ? ', but gets no new traffic at weight 0' : '';
  if (decisive === undefined) return weightless;
  return ` since ${isoTime(decisive.at)}: ${sentenceOf(decisive, host)}${weightless}`;
}

function last<T extends EventType>(history: readonly TidegateEvent[], type: T): EventOf<T> | undefined {
  const found = history.findLast(
    (event): event is Extract<TidegateEvent, { type: T }> => event.type === type,
  );
  // Both types mean "an event of type T". The compiler cannot compare them while T is open.
  return found as EventOf<T> | undefined;
}
