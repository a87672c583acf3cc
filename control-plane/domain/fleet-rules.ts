/** What a leader decides about the fleet itself: who leads, which hosts there are, what became of its history. */
import type { CommandOf } from './commands.js';
import type { Transaction } from './transaction.js';

/** First command of a term, unless the history had to be put back: then that comes before it. */
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

/** A host that is known with the same process is no news. */
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
