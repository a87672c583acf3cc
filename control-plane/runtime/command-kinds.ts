/** How the control loop treats commands: which may be dropped under load, and which are refused when nothing can be stored. */
import type { CommandDraft } from '../domain/commands.js';

/** Observations come in any number and may be dropped under load; everything else must not be. */
export function isObservation(draft: CommandDraft): boolean {
  if (draft.type === 'RecordHealthCheck') return true;
  // The return of a permit is told once, and would be missed for ever.
  return draft.type === 'RecordOutcomes' && draft.outcomes.every(({ trials }) => trials.length === 0);
}

/**
 * What somebody wants, and is told of when it is stored: it is refused when it cannot be. All else has happened, whether it
 * can be stored or not.
 */
export function isWrite(draft: CommandDraft): boolean {
  switch (draft.type) {
    case 'StartPrimary':
    case 'ApplyConfig':
    case 'AddBackend':
    case 'RemoveBackend':
    case 'ChangeBackend':
    case 'ChangePool':
    case 'ResetConfig':
      return true;
    case 'StopPrimary':
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
      return false;
  }
}
