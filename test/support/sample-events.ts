/** Events, journal entries and states for tests of storage: sound in shape, of no meaning to the domain. */
import {
  EVENTS,
  type EventData,
  type EventOf,
  type EventType,
  type TidegateEvent,
} from '../../control-plane/domain/events.js';
import type { Fact } from '../../control-plane/domain/event-entry.js';
import type { JournalEntry } from '../../control-plane/domain/journal.js';
import { type ControlState, initialState } from '../../control-plane/domain/state.js';
import { restoreState, type SerializedPool } from '../../control-plane/domain/serialize.js';
import { backendId, poolId } from '../../shared/ids.js';
import { defaultsOf } from '../../shared/settings/complete.js';
import { healthCheck } from '../../shared/settings/health-check.js';
import { pool } from '../../shared/settings/pool.js';
import type { PoolSettings } from '../../shared/settings.js';
import { worker } from './workers.js';

export const SAMPLE_POOL = poolId('default');
export const SAMPLE_BACKEND = backendId('backend1');

export const SAMPLE_POOL_SETTINGS: PoolSettings = {
  ...defaultsOf(pool),
  healthCheck: {
    ...defaultsOf(healthCheck),
    path: '/health',
    intervalMs: 30_000,
    fastIntervalMs: 2_000,
    timeoutMs: 5_000,
    failureThreshold: 3,
    successThreshold: 2,
    expect: { status: [{ from: 200, to: 299 }] },
    jitter: 0.1,
  },
  breaker: null,
  sticky: { type: 'ip', prefix4: 32, prefix6: 64 },
};

/** An event of any type at time `seq * 1000`. */
export function sampleEvent<T extends EventType>(
  seq: number,
  type: T,
  data: EventData[T],
  more: Partial<Pick<Fact<unknown>, 'pool' | 'backend' | 'at' | 'epoch'>> = {},
): EventOf<T> {
  return {
    epoch: 1,
    seq,
    at: seq * 1000,
    type,
    schema: EVENTS[type].schema,
    actor: { kind: 'api', name: 'test' },
    cause: { command: 'ChangeBackend', id: seq },
    data,
    ...more,
  };
}

/** A change of weight, the smallest event there is to store. */
export function weightChanged(seq: number, backend = SAMPLE_BACKEND, pool = SAMPLE_POOL): TidegateEvent {
  return sampleEvent(
    seq,
    'BackendSettingsChanged',
    { from: { weight: seq % 1_000 }, to: { weight: (seq % 1_000) + 1 } },
    { pool, backend },
  );
}

/** Tells that events are missing before it. */
export function eventsLost(
  seq: number,
  gap: { readonly first: number; readonly last: number },
): TidegateEvent {
  return sampleEvent(seq, 'EventsLost', { ...gap, since: 1, reason: 'memory' });
}

/** `count` events from `first` on. */
export function weightChanges(first: number, count: number): TidegateEvent[] {
  return Array.from({ length: count }, (_, index) => weightChanged(first + index));
}

export function segmentEntry(at: number, seq: number): JournalEntry {
  return {
    kind: 'segment',
    at,
    epoch: 1,
    seq,
    observations: { pools: [], workers: [worker(1), worker(2)], nextPermit: 1 },
  };
}

export function commandEntry(id: number, at: number): JournalEntry {
  return {
    kind: 'command',
    at,
    command: { type: 'AdvanceTime', id, at, seed: 7, actor: { kind: 'clock' } },
  };
}

/** A state after event `seq` with one pool of `backends` backends. */
export function sampleState(seq: number, backends = 2): ControlState {
  const pool: SerializedPool = {
    id: SAMPLE_POOL,
    version: seq,
    settings: SAMPLE_POOL_SETTINGS,
    backends: Array.from({ length: backends }, (_, index) => {
      const id = backendId(`backend${index + 1}`);
      return [
        id,
        {
          id,
          address: { protocol: 'http', host: 'localhost', port: 8081 + index },
          weight: index,
          generation: index + 1,
          origin: 'file',
          admin: 'ready',
          health: 'healthy',
          healthSince: 5,
          breaker: { phase: 'open', openings: 2, since: 5, until: 90.5 },
        },
      ];
    }),
    panic: false,
  };
  return restoreState({
    ...initialState(),
    epoch: 1,
    seq,
    at: seq * 1000,
    routes: [{ host: null, pathPrefix: '/', pool: SAMPLE_POOL }],
    pools: [[SAMPLE_POOL, pool]],
  });
}
