/** How the control loop treats commands: which may be dropped under load, and which are refused when nothing can be stored. */
import { COMMAND_KINDS } from '../domain/command-types.js';
import type { CommandDraft } from '../domain/commands.js';

/** Observations come in any number and may be dropped under load; everything else must not be. */
export function isObservation(draft: CommandDraft): boolean {
  if (COMMAND_KINDS[draft.type] !== 'observation') return false;
  // The return of a permit is told once, and would be missed for ever.
  return draft.type !== 'RecordOutcomes' || draft.outcomes.every(({ trials }) => trials.length === 0);
}

/** Whether somebody wants it and is told of when it is stored: it is refused when it cannot be. */
export function isWrite(draft: CommandDraft): boolean {
  return COMMAND_KINDS[draft.type] === 'write';
}
