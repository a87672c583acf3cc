/**
 * Decides a command: which events follow from it, and the world after them. The result depends only on the arguments,
 * including the seed of the command, so the same commands always give the same events. `decide` neither waits nor writes.
 * The control loop stores the events before it shows them to anybody.
 *
 * A rule does not return its events. It adds them to the transaction (`tx.emit`, `tx.remember`), which folds each event at
 * once, because the next rule must see its effect. In one command, a failed trial opens the breaker, the open breaker puts
 * the pool in panic, and panic decides whether permits are granted.
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
  recordIncidents,
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

/** The rule for a type of command. If it returns a rejection, nothing has happened. */
type Rule<T extends CommandType> = (tx: Transaction, command: CommandOf<T>) => Rejection | null;

const RULES: { readonly [T in CommandType]: Rule<T> } = {
  StartPrimary: startPrimary,
  StopPrimary: accepted(stopPrimary),
  ApplyConfig: applyConfig,
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
  RecordIncidents: accepted(recordIncidents),
  AdvanceTime: accepted(advanceTime),
};

export function decide(command: Command, world: World, scope: Scope = 'host'): Decision {
  const tx = new Transaction(command, world, scope);
  const rejection = carryOut(tx, command);
  if (rejection !== null) return { kind: 'rejected', rejection };
  if (scope === 'host') settlePools(tx);
  return tx.decision();
}

/** Settles panic and permits for each pool that an event concerned. */
function settlePools(tx: Transaction): void {
  for (const [pool, causedBy] of tx.touched) {
    settlePanic(tx, pool, causedBy);
    grantInPool(tx, pool);
  }
}

function carryOut<T extends CommandType>(tx: Transaction, command: CommandOf<T>): Rejection | null {
  return RULES[command.type](tx, command);
}

/** Makes a rule for commands that are never refused. */
function accepted<C>(rule: (tx: Transaction, command: C) => void): (tx: Transaction, command: C) => null {
  return (tx, command) => {
    rule(tx, command);
    return null;
  };
}
