/**
 * How loudly an event is told: what takes a backend or a worker away, and what was refused, is a warning. History that is
 * gone cannot be brought back: an error.
 */
import type { EventType, TidegateEvent } from './events.js';

export type EventLevel = 'info' | 'warn' | 'error';

const LEVELS: Readonly<Record<EventType, EventLevel>> = {
  PrimaryStarted: 'info',
  PrimaryStopped: 'info',
  ConfigApplied: 'info',
  ConfigRejected: 'warn',
  ForwardingChanged: 'info',
  RoutesChanged: 'info',
  PoolAdded: 'info',
  PoolRemoved: 'info',
  PoolSettingsChanged: 'info',
  BackendAdded: 'info',
  BackendRemoved: 'info',
  BackendOriginChanged: 'info',
  WeightChanged: 'info',
  MaxConnectionsChanged: 'info',
  AdminStateChanged: 'info',
  BackendResolved: 'info',
  BackendBecameHealthy: 'info',
  BackendBecameUnhealthy: 'warn',
  BreakerOpened: 'warn',
  BreakerHalfOpened: 'info',
  BreakerClosed: 'info',
  PanicEntered: 'warn',
  PanicLeft: 'info',
  WorkerStarted: 'info',
  WorkerReady: 'info',
  WorkerExited: 'warn',
  CertificateLoaded: 'info',
  CertificateRejected: 'warn',
  EventsLost: 'error',
};

export function levelOf(event: TidegateEvent): EventLevel {
  // One that was asked to end is no news.
  return event.type === 'WorkerExited' && event.data.expected ? 'info' : LEVELS[event.type];
}
