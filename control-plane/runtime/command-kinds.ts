/**
 * Classifies commands for the control loop: which may be dropped under load, and which are refused when the log cannot be
 * written.
 */
import { COMMAND_KINDS } from '../domain/command-types.js';
import type { CommandDraft } from '../domain/commands.js';

/** Whether the command may be dropped under load. Only observations may, because any number of them can arrive. */
export function isObservation(draft: CommandDraft): boolean {
  if (COMMAND_KINDS[draft.type] !== 'observation') return false;
  // A worker reports the return of a trial permit only once. If the report were dropped, the permit would count as
  // outstanding for ever.
  return draft.type !== 'RecordOutcomes' || draft.outcomes.every(({ trials }) => trials.length === 0);
}

/** Whether a caller waits until the command is stored. Such a command is refused when the log cannot be written. */
export function isWrite(draft: CommandDraft): boolean {
  return COMMAND_KINDS[draft.type] === 'write';
}
