/**
 * Remembers, for each backend, the last event of each kind that changed its availability. "Since when, and why" can
 * then be answered without a search in the event log. It is filled from the log at the start, and by `apply`
 * afterwards.
 */
import type { EventReader } from '../event-log/event-log.js';
import type { EventOf, EventType, TidegateEvent } from '../domain/events.js';

/** Most events read at the start. For a backend with an older last change, only its state gives the answer. */
const LOOK_BACK_EVENTS = 10_000;

type TransitionEvent = EventOf<
  | 'BackendAdded'
  | 'AdminStateChanged'
  | 'BackendBecameHealthy'
  | 'BackendBecameUnhealthy'
  | 'BreakerOpened'
  | 'BreakerHalfOpened'
  | 'BreakerClosed'
>;

export interface BackendTransitions {
  readonly added?: EventOf<'BackendAdded'>;
  readonly admin?: EventOf<'AdminStateChanged'>;
  readonly health?: EventOf<'BackendBecameHealthy' | 'BackendBecameUnhealthy'>;
  readonly breaker?: EventOf<'BreakerOpened' | 'BreakerHalfOpened' | 'BreakerClosed'>;
}

const TRANSITION_TYPES: readonly EventType[] = [
  'BackendAdded',
  'AdminStateChanged',
  'BackendBecameHealthy',
  'BackendBecameUnhealthy',
  'BreakerOpened',
  'BreakerHalfOpened',
  'BreakerClosed',
];

function isTransition(event: TidegateEvent): event is TransitionEvent {
  return TRANSITION_TYPES.includes(event.type);
}

export class Transitions {
  readonly #backends = new Map<string, BackendTransitions>();

  /** Reads past events. Events that `apply` gets meanwhile are newer and take precedence. */
  async load(log: Pick<EventReader, 'read'>): Promise<void> {
    const types: EventType[] = [...TRANSITION_TYPES, 'BackendRemoved'];
    const newestFirst = await log.read({ types, limit: LOOK_BACK_EVENTS, order: 'backward' });
    const known = new Map(this.#backends);
    this.#backends.clear();
    this.apply(newestFirst.toReversed());
    for (const [key, newer] of known) this.#backends.set(key, { ...this.#backends.get(key), ...newer });
  }

  apply(events: readonly TidegateEvent[]): void {
    for (const event of events) {
      if (event.pool === undefined || event.backend === undefined) continue;
      const key = `${event.pool}/${event.backend}`;
      if (event.type === 'BackendRemoved') this.#backends.delete(key);
      else if (isTransition(event)) {
        this.#backends.set(key, { ...this.#backends.get(key), ...entryOf(event) });
      }
    }
  }

  of(pool: string, backend: string): BackendTransitions {
    return this.#backends.get(`${pool}/${backend}`) ?? {};
  }
}

function entryOf(event: TransitionEvent): BackendTransitions {
  switch (event.type) {
    case 'BackendAdded':
      return { added: event };
    case 'AdminStateChanged':
      return { admin: event };
    case 'BackendBecameHealthy':
    case 'BackendBecameUnhealthy':
      return { health: event };
    case 'BreakerOpened':
    case 'BreakerHalfOpened':
    case 'BreakerClosed':
      return { breaker: event };
  }
}
