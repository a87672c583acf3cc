/** Tells whether a data directory was last used with another configuration file, which is an accident mostly. */
import { basename, isAbsolute } from 'node:path';

/** The file that was applied last, when it is not the one served now; `null`: it is, or there was none. */
export function otherFile(last: string | null, now: string): string | null {
  if (last === null) return null;
  // What was relative to a directory that is not known any more can be compared by its name alone.
  const same = isAbsolute(last) && isAbsolute(now) ? last === now : basename(last) === basename(now);
  return same ? null : last;
}
