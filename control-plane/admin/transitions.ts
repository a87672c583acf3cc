/**
 * Remembers of each backend the last event of each kind that changed its availability, so that "since when and why"
 * is answered without a search of the event log. Fed from the log at start and by the follower afterwards.
 */
import type { EventReader } from '../event-log/event-log.js';
import type { EventOf, EventType, TidegateEvent } from '../domain/events.js';

/** Events looked at when it starts. Backends whose last change is older are answered from the state alone. */
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

  /** Reads what happened before. Events given to `apply` meanwhile are newer and win. */
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
