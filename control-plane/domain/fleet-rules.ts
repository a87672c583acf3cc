/** Rules of a leader about the fleet itself: the leader, the hosts, and the loss of history. */
import type { CommandOf } from './commands.js';
import type { Transaction } from './transaction.js';

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
