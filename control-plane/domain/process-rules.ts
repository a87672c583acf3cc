/** Records facts about Tidegate's own processes, certificates and log. They change no backend. */
import type { CommandOf } from './commands.js';
import type { Rejection } from './decision.js';
import type { Transaction } from './transaction.js';
import { grantEverywhere } from './trials.js';
import { sameWorker } from './worker-id.js';

/** Refused if the log already has a later epoch, because another primary was elected since. */
export function startPrimary(tx: Transaction, command: CommandOf<'StartPrimary'>): Rejection | null {
  const { version, pid, epoch = tx.state.epoch + 1, alone = false } = command;
  if (epoch <= tx.state.epoch) {
    const message = `epoch ${epoch} is over: the event log is in epoch ${tx.state.epoch}`;
    return { code: 'invalid', message };
  }
  tx.beginEpoch(epoch);
  const started = tx.emit('PrimaryStarted', {}, { version, pid });
  if (alone && tx.state.fleet !== null) tx.emit('FleetLeft', {}, {}, started);
  return null;
}

export function stopPrimary(tx: Transaction, { reason }: CommandOf<'StopPrimary'>): void {
  tx.emit('PrimaryStopped', {}, { reason });
}

export function recordWorkerStarted(
  tx: Transaction,
  { worker, pid }: CommandOf<'RecordWorkerStarted'>,
): void {
  tx.emit('WorkerStarted', {}, { worker, pid });
}

export function recordWorkerReady(tx: Transaction, { worker }: CommandOf<'RecordWorkerReady'>): void {
  if (tx.observations.workers.some((ready) => sameWorker(ready, worker))) return;
  tx.emit('WorkerReady', {}, { worker });
  grantEverywhere(tx);
}

export function recordWorkerExited(tx: Transaction, command: CommandOf<'RecordWorkerExited'>): void {
  const { worker, pid, reason, expected } = command;
  tx.emit('WorkerExited', {}, { worker, pid, reason, expected });
  grantEverywhere(tx);
}

export function recordCertificate(tx: Transaction, command: CommandOf<'RecordCertificate'>): void {
  const { certFile, fingerprint, subject, notAfter } = command;
  tx.emit('CertificateLoaded', {}, { certFile, fingerprint, subject, notAfter });
}

export function rejectCertificate(
  tx: Transaction,
  { certFile, problem }: CommandOf<'RejectCertificate'>,
): void {
  tx.emit('CertificateRejected', {}, { certFile, problem });
}

export function recordLoss(tx: Transaction, command: CommandOf<'RecordLoss'>): void {
  const { first, last, since, reason } = command;
  tx.emit('EventsLost', {}, { first, last, since, reason });
}
