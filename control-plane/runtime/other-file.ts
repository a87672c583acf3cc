/** Detects that a data directory was last used with another configuration file. That is an accident in most cases. */
import { basename, isAbsolute } from 'node:path';

/**
 * Returns the file that was applied last if it differs from the file in use now; `null` if it is the same or no file was
 * applied.
 */
export function otherFile(last: string | null, now: string): string | null {
  if (last === null) return null;
  // The directory that a relative path referred to is not known any more. Therefore only the file names are compared.
  const same = isAbsolute(last) && isAbsolute(now) ? last === now : basename(last) === basename(now);
  return same ? null : last;
}
