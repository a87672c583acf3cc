/**
 * How a host follows the fleet's log. It records each event in its own log, together with the position in the fleet's log,
 * and updates its own verdicts on backends. If the events are not available, it adopts the state of the fleet as a whole.
 */
import type { CommandOf } from './commands.js';
import type { Rejection } from './decision.js';
import type { EventType, TidegateEvent } from './events.js';
import { settlePanic } from './panic.js';
import { followSettings } from './pool-changes.js';
import type { PoolState } from './state.js';
import type { Transaction } from './transaction.js';
import { grantInPool } from './trials.js';

/** All types that a leader writes. What a host finds out by itself (health, breakers, workers) stays in its own log. */
const SHARED: ReadonlySet<EventType> = new Set<EventType>([
  'LeaderElected',
  'FleetFounded',
  'HistoryLost',
  'HostJoined',
  'HostLeft',
  'HostWasAutonomous',
  'HostWorkerExited',
  'HostWorkerReady',
  'HostIncidentsUntold',
  'ConfigApplied',
  'ForwardingChanged',
  'RoutesChanged',
  'PoolAdded',
  'PoolRemoved',
  'PoolSettingsChanged',
  'SessionsFlushed',
  'BackendAdded',
  'BackendRemoved',
  'BackendOriginChanged',
  'BackendSettingsChanged',
  'AdminStateChanged',
]);

/** Whether a leader may write events of this type. */
export function isShared(type: EventType): boolean {
  return SHARED.has(type);
}

/** Refused if the events do not follow the position of the host. Events that the host has already are ignored. */
export function followFleet(tx: Transaction, { events }: CommandOf<'FollowFleet'>): Rejection | null {
  const own = new Map<number, number>();
  for (const event of events) {
    const { fleet } = tx.state;
    if (fleet === null) return { code: 'invalid', message: 'this host belongs to no fleet yet' };
    if (event.seq <= fleet.seq) continue;
    if (event.seq !== fleet.seq + 1) {
      return { code: 'invalid', message: `event ${event.seq} of the fleet does not follow ${fleet.seq}` };
    }
    if (!isShared(event.type)) {
      return { code: 'invalid', message: `${event.type} does not belong into the log of a fleet` };
    }
    own.set(event.seq, followEvent(tx, event, own));
  }
  return null;
}

function followEvent(tx: Transaction, event: TidegateEvent, own: ReadonlyMap<number, number>): number {
  const pool = event.pool === undefined ? undefined : tx.pool(event.pool);
  const seq = tx.follow(event, event.cause.event === undefined ? undefined : own.get(event.cause.event));
  if (event.type === 'PoolSettingsChanged' && pool !== undefined) followSettings(tx, pool, seq);
  return seq;
}

export function adoptFleet(tx: Transaction, { fleet, keepsVerdicts }: CommandOf<'AdoptFleet'>): void {
  const seq = tx.emit('FleetAdopted', {}, { fleet, keepsVerdicts });
  const pools: PoolState[] = [...tx.state.pools.values()];
  for (const { id } of pools) {
    settlePanic(tx, id, seq);
    grantInPool(tx, id);
  }
}
