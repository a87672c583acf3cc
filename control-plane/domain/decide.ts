/**
 * What a command means: the events that follow from it, and the world after them. A function of its arguments alone,
 * chance included (`command.seed`), so that the same commands always give the same events. Never waits, never writes;
 * the control loop appends the events before anybody hears of them.
 */
import type { Command } from './commands.js';
import { applyConfig, rejectConfig } from './apply-config.js';
import { halfOpenWhenDue } from './breaker.js';
import type { Decision, Rejection, World } from './decision.js';
import { recordCheck } from './health.js';
import {
  decideAddBackend,
  decideChangeBackend,
  decideChangePool,
  decideRemoveBackend,
} from './operator-commands.js';
import { recordOutcomes } from './outcomes.js';
import { decideResetConfig } from './reset-config.js';
import { settlePanic } from './panic.js';
import type { PoolId } from '#shared/ids.js';
import { trippedBackends } from './pool-state.js';
import { Transaction } from './transaction.js';
import { expirePermits, grantPermits } from './trials.js';

export function decide(command: Command, world: World): Decision {
  const tx = new Transaction(command, world);
  const rejection = carryOut(tx, command);
  if (rejection !== null) return { kind: 'rejected', rejection };
  for (const [pool, causedBy] of tx.touched) {
    settlePanic(tx, pool, causedBy);
    grantAll(tx, pool);
  }
  return tx.decision();
}

function carryOut(tx: Transaction, command: Command): Rejection | null {
  switch (command.type) {
    case 'AddBackend':
      return decideAddBackend(tx, command);
    case 'RemoveBackend':
      return decideRemoveBackend(tx, command);
    case 'ChangeBackend':
      return decideChangeBackend(tx, command);
    case 'ChangePool':
      return decideChangePool(tx, command);
    case 'ResetConfig':
      return decideResetConfig(tx, command);
    case 'StartPrimary':
    case 'StopPrimary':
    case 'ApplyConfig':
    case 'RejectConfig':
    case 'RecordHealthCheck':
    case 'RecordOutcomes':
    case 'RecordWorkerStarted':
    case 'RecordWorkerReady':
    case 'RecordWorkerExited':
    case 'RecordCertificate':
    case 'RejectCertificate':
    case 'RecordLoss':
    case 'AdvanceTime':
      record(tx, command);
      return null;
  }
}

type RecordCommand = Exclude<
  Command,
  { type: 'AddBackend' | 'RemoveBackend' | 'ChangeBackend' | 'ChangePool' | 'ResetConfig' }
>;

/** Commands that tell what has happened; there is nothing to refuse in them. */
function record(tx: Transaction, command: RecordCommand): void {
  switch (command.type) {
    case 'ApplyConfig':
      applyConfig(tx, command);
      return;
    case 'RejectConfig':
      rejectConfig(tx, command);
      return;
    case 'RecordHealthCheck': {
      const backend = tx.backend(command.pool, command.backend, command.generation);
      if (backend !== undefined) recordCheck(tx, command.pool, backend, command.result);
      return;
    }
    case 'RecordOutcomes':
      recordOutcomes(tx, command.worker, command.outcomes);
      return;
    case 'AdvanceTime':
      advanceTime(tx);
      return;
    case 'StartPrimary':
    case 'StopPrimary':
    case 'RecordWorkerStarted':
    case 'RecordWorkerReady':
    case 'RecordWorkerExited':
    case 'RecordCertificate':
    case 'RejectCertificate':
    case 'RecordLoss':
      recordProcess(tx, command);
  }
}

type ProcessCommand = Exclude<
  RecordCommand,
  { type: 'ApplyConfig' | 'RejectConfig' | 'RecordHealthCheck' | 'RecordOutcomes' | 'AdvanceTime' }
>;

/** What happens to Tidegate's own processes and certificates: facts that change no backend. */
function recordProcess(tx: Transaction, command: ProcessCommand): void {
  switch (command.type) {
    case 'StartPrimary':
      tx.emit('PrimaryStarted', {}, { version: command.version, pid: command.pid });
      return;
    case 'StopPrimary':
      tx.emit('PrimaryStopped', {}, { reason: command.reason });
      return;
    case 'RecordWorkerStarted':
      tx.emit('WorkerStarted', {}, { worker: command.worker, pid: command.pid });
      return;
    case 'RecordWorkerReady':
      if (tx.observations.workers.includes(command.worker)) return;
      tx.emit('WorkerReady', {}, { worker: command.worker });
      grantEverywhere(tx);
      return;
    case 'RecordWorkerExited': {
      const { worker, pid, reason, expected } = command;
      tx.emit('WorkerExited', {}, { worker, pid, reason, expected });
      grantEverywhere(tx);
      return;
    }
    case 'RecordCertificate': {
      const { certFile, fingerprint, subject, notAfter } = command;
      tx.emit('CertificateLoaded', {}, { certFile, fingerprint, subject, notAfter });
      return;
    }
    case 'RejectCertificate':
      tx.emit('CertificateRejected', {}, { certFile: command.certFile, problem: command.problem });
      return;
    case 'RecordLoss': {
      const { first, last, since, reason } = command;
      tx.emit('EventsLost', {}, { first, last, since, reason });
    }
  }
}

function advanceTime(tx: Transaction): void {
  for (const pool of tx.state.pools.values()) {
    for (const backend of trippedBackends(pool)) {
      expirePermits(tx, pool.id, backend);
      halfOpenWhenDue(tx, pool.id, backend);
    }
  }
  grantEverywhere(tx);
}

function grantEverywhere(tx: Transaction): void {
  for (const [id, pool] of tx.state.pools) if (pool.tripped.size > 0) grantAll(tx, id);
}

function grantAll(tx: Transaction, id: PoolId): void {
  const pool = tx.pool(id);
  if (pool === undefined) return;
  for (const backend of trippedBackends(pool)) grantPermits(tx, id, backend);
}
