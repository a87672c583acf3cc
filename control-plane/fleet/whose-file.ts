/**
 * Whose configuration file counts, where every host has one. A file is news when it changes, or when its content was never in
 * force. A host that comes back with an older file must not undo what the others have done since; a rotation of logs, which sends the
 * same signal as a reload, must not either. Pure.
 */
import type { AppliedConfig } from '../domain/state.js';

/** `older`: it was in force once, and another is now. */
export type FileStanding = 'news' | 'in-force' | 'older';

/**
 * | the file                                            | standing   |
 * | --------------------------------------------------- | ---------- |
 * | no configuration is in force                        | `news`     |
 * | has changed since this process read it              | `news`     |
 * | says what is in force                               | `in-force` |
 * | says what was in force before                       | `older`    |
 * | says what never was                                 | `news`     |
 */
export function standingOfFile(
  file: { readonly sha256: string; readonly hasChanged: boolean },
  applied: Pick<AppliedConfig, 'sha256' | 'previous'> | null,
): FileStanding {
  if (applied === null || file.hasChanged) return 'news';
  if (file.sha256 === applied.sha256) return 'in-force';
  return applied.previous.includes(file.sha256) ? 'older' : 'news';
}
