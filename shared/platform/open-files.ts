/** How many files a process may have open, sockets among them, and has; and which errors say that it has too many. */
import { readFileSync, readdirSync, statSync } from 'node:fs';

/** Errors of this host or this process, which say nothing about the peer that it wanted to connect to. */
const OWN_FAULTS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);
/** With as few left a name cannot be resolved, which then fails for another reason. */
const TOO_FEW_TO_RESOLVE = 4;

/** `null`: there is none, or the system does not tell. */
export function openFileLimit(): number | null {
  const limits = read('/proc/self/limits');
  const soft = /^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1];
  return soft === undefined ? null : Number(soft);
}

/** `null`: the system does not tell. */
export function openFiles(): number | null {
  try {
    // Linux says so since 6.2. Before, the size is 0.
    const { size } = statSync('/proc/self/fd');
    return size > 0 ? size : readdirSync('/proc/self/fd').length;
  } catch {
    return null;
  }
}

/** Whether an error of a connection that did not come about is ours rather than the other side's. */
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
