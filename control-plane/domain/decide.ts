/**
 * What a command means: the events that follow from it, and the world after them. A function of its arguments alone,
 * chance included (`command.seed`), so that the same commands always give the same events. Never waits, never writes;
 * the control loop appends the events before anybody hears of them.
 *
 * A rule does not return its events: it pushes them into the transaction (`tx.emit`, `tx.remember`), which folds each as
 * it comes. A rule must see what the one before it did: the trial that fails opens the breaker, the breaker that opens puts
 * the pool in panic, and panic decides whether permits are granted. All of it happens in one command.
 */
import { advanceTime } from './advance-time.js';
import { applyConfig, rejectConfig } from './apply-config.js';
import type { CommandType } from './command-types.js';
import type { Command, CommandOf } from './commands.js';
import type { Decision, Rejection, World } from './decision.js';
import {
  foundFleet,
  recordAutonomy,
  recordHistoryLost,
  recordHostJoined,
  recordHostLeft,
  takeLead,
} from './fleet-rules.js';
import { adoptFleet, followFleet } from './follow-fleet.js';
import { recordHealthCheck } from './health.js';
import {
  decideAddBackend,
  decideChangeBackend,
  decideChangePool,
  decideFlushSessions,
  decideRemoveBackend,
} from './operator-commands.js';
import { recordOutcomes } from './outcomes.js';
import { settlePanic } from './panic.js';
import {
  recordCertificate,
  recordLoss,
  recordWorkerExited,
  recordWorkerReady,
  recordWorkerStarted,
  rejectCertificate,
  startPrimary,
  stopPrimary,
} from './process-rules.js';
import { decideResetConfig } from './reset-config.js';
import { type Scope, Transaction } from './transaction.js';
import { grantInPool } from './trials.js';

/** What a type of command means. A rejection: nothing of it happened. */
type Rule<T extends CommandType> = (tx: Transaction, command: CommandOf<T>) => Rejection | null;

const RULES: { readonly [T in CommandType]: Rule<T> } = {
  StartPrimary: startPrimary,
  StopPrimary: accepted(stopPrimary),
  ApplyConfig: accepted(applyConfig),
  RejectConfig: accepted(rejectConfig),
  AddBackend: decideAddBackend,
  RemoveBackend: decideRemoveBackend,
  ChangeBackend: decideChangeBackend,
  ChangePool: decideChangePool,
  FlushSessions: decideFlushSessions,
  ResetConfig: decideResetConfig,
  RecordHealthCheck: accepted(recordHealthCheck),
  RecordOutcomes: accepted(recordOutcomes),
  RecordWorkerStarted: accepted(recordWorkerStarted),
  RecordWorkerReady: accepted(recordWorkerReady),
  RecordWorkerExited: accepted(recordWorkerExited),
  RecordCertificate: accepted(recordCertificate),
  RejectCertificate: accepted(rejectCertificate),
  RecordLoss: accepted(recordLoss),
  FollowFleet: followFleet,
  AdoptFleet: accepted(adoptFleet),
  TakeLead: accepted(takeLead),
  FoundFleet: accepted(foundFleet),
  RecordHistoryLost: accepted(recordHistoryLost),
  RecordHostJoined: accepted(recordHostJoined),
  RecordHostLeft: accepted(recordHostLeft),
  RecordAutonomy: accepted(recordAutonomy),
  AdvanceTime: accepted(advanceTime),
};

export function decide(command: Command, world: World, scope: Scope = 'host'): Decision {
  const tx = new Transaction(command, world, scope);
  const rejection = carryOut(tx, command);
  if (rejection !== null) return { kind: 'rejected', rejection };
  if (scope === 'host') settlePools(tx);
  return tx.decision();
}

/** What follows for each pool that something happened to. */
function settlePools(tx: Transaction): void {
  for (const [pool, causedBy] of tx.touched) {
    settlePanic(tx, pool, causedBy);
    grantInPool(tx, pool);
  }
}

function carryOut<T extends CommandType>(tx: Transaction, command: CommandOf<T>): Rejection | null {
  return RULES[command.type](tx, command);
}

/** The rule for a command in which there is nothing to refuse. */
function accepted<C>(rule: (tx: Transaction, command: C) => void): (tx: Transaction, command: C) => null {
  return (tx, command) => {
    rule(tx, command);
    return null;
  };
}
