/** The types of all commands, and what becomes of each under load and while nothing can be stored. */

/**
 * Write: what somebody wants, and is told of when it is stored; it is refused when it cannot be. Fact: it has happened,
 * whether it can be stored or not. Observation: a fact of which there are any number, so it may be dropped under load.
 */
type CommandKind = 'write' | 'fact' | 'observation';

export const COMMAND_KINDS = {
  StartPrimary: 'write',
  StopPrimary: 'fact',
  ApplyConfig: 'write',
  RejectConfig: 'fact',
  AddBackend: 'write',
  RemoveBackend: 'write',
  ChangeBackend: 'write',
  ChangePool: 'write',
  FlushSessions: 'write',
  ResetConfig: 'write',
  RecordHealthCheck: 'observation',
  RecordOutcomes: 'observation',
  RecordWorkerStarted: 'fact',
  RecordWorkerReady: 'fact',
  RecordWorkerExited: 'fact',
  RecordCertificate: 'fact',
  RejectCertificate: 'fact',
  RecordLoss: 'fact',
  FollowFleet: 'fact',
  AdoptFleet: 'fact',
  TakeLead: 'write',
  FoundFleet: 'write',
  RecordHistoryLost: 'write',
  RecordHostJoined: 'write',
  RecordHostLeft: 'write',
  RecordAutonomy: 'write',
  AdvanceTime: 'fact',
} as const satisfies Readonly<Record<string, CommandKind>>;

export type CommandType = keyof typeof COMMAND_KINDS;
