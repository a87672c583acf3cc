/** Rules of a leader about the fleet itself: the leader, the hosts, and the loss of history. */
import type { CommandOf } from './commands.js';
import { hasProcess } from './fleet-standing.js';
import type { Transaction } from './transaction.js';
import { lastRecorded, mayRecord, silentUntil, type WorkerIncident } from './worker-incident.js';

/** First command of a term. Only the restoration of a lost history comes before it. */
export function takeLead(tx: Transaction, command: CommandOf<'TakeLead'>): void {
  const { epoch, host, incarnation, version } = command;
  tx.beginEpoch(epoch);
  tx.emit('LeaderElected', {}, { host, incarnation, version });
}

export function foundFleet(tx: Transaction, { epoch, host }: CommandOf<'FoundFleet'>): void {
  tx.beginEpoch(epoch);
  tx.emit('FleetFounded', {}, { host });
}

export function recordHistoryLost(tx: Transaction, command: CommandOf<'RecordHistoryLost'>): void {
  const { epoch, host, from, to } = command;
  tx.beginEpoch(epoch);
  tx.emit('HistoryLost', {}, { host, from, to });
}

/** A known host with the same process gives no event. */
export function recordHostJoined(tx: Transaction, command: CommandOf<'RecordHostJoined'>): void {
  const { host, incarnation, version } = command;
  const known = tx.state.fleet?.hosts.find((one) => one.host === host);
  if (known?.incarnation === incarnation) return;
  tx.emit('HostJoined', {}, { host, incarnation, version });
}

export function recordHostLeft(tx: Transaction, { host, reason }: CommandOf<'RecordHostLeft'>): void {
  if (tx.state.fleet?.hosts.some((one) => one.host === host) !== true) return;
  tx.emit('HostLeft', {}, { host, reason });
}

export function recordAutonomy(tx: Transaction, { host, from, to }: CommandOf<'RecordAutonomy'>): void {
  tx.emit('HostWasAutonomous', {}, { host, from, to });
}

/**
 * Records what the log does not have yet, oldest first, while it has room for the host. The rest waits: the host tells its newest
 * incidents again with each beat. Those that it tells no more are counted.
 */
export function recordIncidents(tx: Transaction, command: CommandOf<'RecordIncidents'>): void {
  const { host, incarnation, incidents } = command;
  for (const incident of incidents) {
    const { fleet } = tx.state;
    if (fleet === null || !hasProcess(fleet, host, incarnation)) return;
    const untold = incident.number - lastRecorded(fleet.incidents ?? [], incarnation) - 1;
    if (untold < 0) continue;
    if (untold > 0 && mayRecordNow(tx, host)) {
      const counted = { host, count: untold, number: incident.number - 1 };
      tx.emit('HostIncidentsUntold', {}, { ...counted, ...silenceAfter(tx, host) });
    }
    if (!mayRecordNow(tx, host)) return;
    emitIncident(tx, host, incident);
  }
}

function emitIncident(tx: Transaction, host: string, incident: WorkerIncident): void {
  const { number, n, pid, at: happenedAt } = incident;
  const told = { host, n, pid, happenedAt, number, ...silenceAfter(tx, host) };
  if (incident.kind === 'ready') tx.emit('HostWorkerReady', {}, told);
  else tx.emit('HostWorkerExited', {}, { ...told, reason: incident.reason });
}

function mayRecordNow({ state, at }: Transaction, host: string): boolean {
  return mayRecord(state.fleet?.incidents ?? [], host, at);
}

/** Who reads the last event has to know that there may be more: the host may leave before they can be counted. */
function silenceAfter({ state, at }: Transaction, host: string): { readonly silentUntil?: number } {
  const until = silentUntil(state.fleet?.incidents ?? [], host, at);
  return until === null ? {} : { silentUntil: until };
}
