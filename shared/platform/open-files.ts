/** How many files, including sockets, this process has open and may open; and which errors mean that there are too many. */
import { readFileSync, readdirSync, statSync } from 'node:fs';

/** Errors caused by this host or process. They say nothing about the peer. */
const OWN_FAULTS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);
/** With this few descriptors left, a name cannot be resolved, and the lookup fails with another error. */
const TOO_FEW_TO_RESOLVE = 4;

/** Returns `null` if there is no limit or the system does not tell. */
export function openFileLimit(): number | null {
  const limits = read('/proc/self/limits');
  const soft = /^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1];
  return soft === undefined ? null : Number(soft);
}

/** Returns `null` if the system does not tell. */
export function openFiles(): number | null {
  try {
    // Linux reports the number as the size since 6.2. Before that, the size is 0.
    const { size } = statSync('/proc/self/fd');
    return size > 0 ? size : readdirSync('/proc/self/fd').length;
  } catch {
    return null;
  }
}

/** Whether an error of a failed connection was caused by this host and not by the peer. */
export function isOwnFault(code: string): boolean {
  if (OWN_FAULTS.has(code)) return true;
  if (!code.startsWith('EAI_')) return false;
  const [open, limit] = [openFiles(), openFileLimit()];
  return open !== null && limit !== null && open > limit - TOO_FEW_TO_RESOLVE;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
