/** The types of all commands, and how each is treated under load and while the log cannot be written. */

/**
 * A `write` is what a caller wants. The caller gets an answer once the write is stored, and a refusal if it cannot be
 * stored. A `fact` has happened, whether it can be stored or not. An `observation` is a fact that may be dropped under load,
 * because any number of observations can arrive.
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
  RecordIncidents: 'write',
  AdvanceTime: 'fact',
} as const satisfies Readonly<Record<string, CommandKind>>;

export type CommandType = keyof typeof COMMAND_KINDS;
