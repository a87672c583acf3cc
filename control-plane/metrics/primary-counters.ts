/**
 * Counts what the primary itself does. Most counts are made from events, so that metrics and event log cannot disagree.
 * The runtime calls the other methods directly.
 */
import type { BreakerPhase } from '#shared/backend-state.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import {
  ADMIN_CONNECTION_ENDS,
  type AdminConnectionEnd,
  type RedisResult,
  type RedisRole,
} from '#shared/metric-labels.js';
import type { CommandType } from '../domain/command-types.js';
import type { TidegateEvent } from '../domain/events.js';
import { type EventLogErrorKind, PASSING_KINDS } from '../event-log/event-log.js';
import type { MetricTotals } from './totals.js';

const ENTRIES_LOST_CAUSE = 'buffer';

export class PrimaryCounters {
  readonly #totals: MetricTotals;

  constructor(totals: MetricTotals) {
    this.#totals = totals;
    totals.set('configReloadOk', [], 0);
    totals.add('snapshotNacks', [], 0);
    for (const kind of PASSING_KINDS) totals.add('storeFailures', [kind], 0);
    totals.add('journalEntriesLost', [ENTRIES_LOST_CAUSE], 0);
    for (const why of ADMIN_CONNECTION_ENDS) totals.add('adminConnectionsEnded', [why], 0);
  }

  /** Call once with the events of each append. */
  appended(events: readonly TidegateEvent[]): void {
    for (const event of events) {
      this.#totals.add('events', [event.type], 1);
      this.#count(event);
    }
  }

  healthCheck(pool: PoolId, backend: BackendId, passed: boolean, durationMs: number): void {
    this.#totals.add('healthChecks', [pool, backend, passed ? 'passed' : 'failed'], 1);
    this.#totals.set('healthCheckDuration', [pool, backend], durationMs / 1_000);
  }

  snapshotRefused(): void {
    this.#totals.add('snapshotNacks', [], 1);
  }

  redisCalled(role: RedisRole, result: RedisResult): void {
    this.#totals.add('redisCommands', [role, result], 1);
  }

  /** Call once on a host that belongs to a fleet, so that what never happened there is shown as 0. */
  joinsFleet(): void {
    this.#totals.add('appendsUnknown', [], 0);
    this.#totals.add('appendsUnreplicated', [], 0);
  }

  appendUnknown(): void {
    this.#totals.add('appendsUnknown', [], 1);
  }

  appendUnreplicated(): void {
    this.#totals.add('appendsUnreplicated', [], 1);
  }

  commandDropped(type: CommandType): void {
    this.#totals.add('mailboxDropped', [type], 1);
  }

  storeFailed(kind: EventLogErrorKind): void {
    this.#totals.add('storeFailures', [kind], 1);
  }

  journalEntriesLost(count: number): void {
    this.#totals.add('journalEntriesLost', [ENTRIES_LOST_CAUSE], count);
  }

  /** Call after each load of the configuration file, even if it changed nothing. `at` is in milliseconds since 1970. */
  configLoaded(at: number, successful: boolean): void {
    this.#totals.set('configReloadOk', [], successful ? 1 : 0);
    this.#totals.set('configReloadAt', [], at / 1_000);
  }

  /** Call when a certificate comes into use. `notAfter` is in milliseconds since 1970. */
  certificateInUse(notAfter: number): void {
    this.#totals.set('certificateNotAfter', [], notAfter / 1_000);
  }

  adminConnectionEnded(why: AdminConnectionEnd): void {
    this.#totals.add('adminConnectionsEnded', [why], 1);
  }

  #count(event: TidegateEvent): void {
    if (event.type === 'BreakerOpened') this.#transition(event, 'open');
    else if (event.type === 'BreakerHalfOpened') this.#transition(event, 'half-open');
    else if (event.type === 'BreakerClosed') this.#transition(event, 'closed');
    else if (event.type === 'ConfigApplied') this.configLoaded(event.at, true);
    else if (event.type === 'ConfigRejected') this.configLoaded(event.at, false);
    else if (event.type === 'CertificateLoaded') this.certificateInUse(event.data.notAfter);
    else if (event.type === 'WorkerExited' && !event.data.expected) {
      this.#totals.add('workerRestarts', [exitReason(event.data.reason)], 1);
    }
  }

  #transition(event: { readonly pool?: PoolId; readonly backend?: BackendId }, state: BreakerPhase): void {
    this.#totals.add('breakerTransitions', [event.pool ?? '', event.backend ?? '', state], 1);
  }
}

/**
 * The label for a reason, which is text for people. Only the signal is kept, or the fact that there was an exit code.
 */
function exitReason(reason: string): string {
  const signal = /\bSIG[A-Z]{2,8}\b/.exec(reason);
  if (signal !== null) return signal[0];
  return /\bcode\b|\bexit/i.test(reason) ? 'exit' : 'other';
}
