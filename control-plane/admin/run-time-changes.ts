/**
 * Remembers the last run-time change of each place in which the state may differ from the file, so that a difference
 * can be shown with its author and its time. It is filled from the event log at the start, and by `apply` afterwards.
 */
import type { Actor } from '../domain/actor.js';
import { BACKEND_SETTINGS, type DriftPlace, placeKey, POOL_SETTINGS } from '../domain/drift-place.js';
import type { EventType, TidegateEvent } from '../domain/events.js';
import { sameValue } from '../domain/same-value.js';
import type { EventReader } from '../event-log/event-log.js';

/** Most events read at the start. Older differences have no author. */
const LOOK_BACK_EVENTS = 10_000;
/** Most places remembered. Beyond that, the one with the oldest change is forgotten. */
const MAX_PLACES = 100_000;

const TYPES: readonly EventType[] = [
  'PoolSettingsChanged',
  'BackendAdded',
  'BackendRemoved',
  'BackendSettingsChanged',
];

interface RunTimeChange {
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actor: Actor;
}

export class RunTimeChanges {
  /** In the order of the changes. */
  readonly #places = new Map<string, RunTimeChange>();

  /** Reads past events. Events that `apply` gets meanwhile are newer and take precedence. */
  async load(log: Pick<EventReader, 'read'>): Promise<void> {
    const newestFirst = await log.read({ types: TYPES, limit: LOOK_BACK_EVENTS, order: 'backward' });
    const newer = [...this.#places];
    this.#places.clear();
    this.apply(newestFirst.toReversed());
    for (const [key, change] of newer) this.#remember(key, change);
  }

  apply(events: readonly TidegateEvent[]): void {
    for (const event of events) {
      const { seq, at, actor } = event;
      for (const key of placesOf(event)) this.#remember(key, { seq, at, actor });
    }
  }

  of(place: DriftPlace): RunTimeChange | null {
    return this.#places.get(placeKey(place)) ?? null;
  }

  #remember(key: string, change: RunTimeChange): void {
    this.#places.delete(key);
    this.#places.set(key, change);
    if (this.#places.size <= MAX_PLACES) return;
    for (const oldest of this.#places.keys()) {
      this.#places.delete(oldest);
      return;
    }
  }
}

/** The places that an event may have made different from the file. */
function placesOf(event: TidegateEvent): readonly string[] {
  const { pool, backend } = event;
  if (pool === undefined) return [];
  if (event.type === 'PoolSettingsChanged') {
    const { settings, previous } = event.data;
    return POOL_SETTINGS.filter((setting) => !sameValue(settings[setting], previous[setting])).map(
      (setting) => placeKey({ pool, setting }),
    );
  }
  if (backend === undefined) return [];
  return settingsOf(event).map((setting) => placeKey({ pool, backend, setting }));
}

function settingsOf(event: TidegateEvent): readonly DriftPlace['setting'][] {
  if (event.type === 'BackendAdded') return ['backend', ...BACKEND_SETTINGS];
  if (event.type === 'BackendRemoved') return ['backend'];
  if (event.type !== 'BackendSettingsChanged') return [];
  return BACKEND_SETTINGS.filter((setting) => Object.hasOwn(event.data.to, setting));
}
