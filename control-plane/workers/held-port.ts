/**
 * Tells whether a process listens on a port, as `/proc` shows it. A process whose files this user may not read counts as
 * listening.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** State of a listening socket in `/proc/net/tcp` (TCP_LISTEN). */
const LISTENS = '0A';

export function holdsPort(pid: number, port: number): boolean {
  try {
    const sockets = listenersOn(pid, port);
    return sockets.size > 0 && openSockets(pid).some((inode) => sockets.has(inode));
  } catch {
    return true;
  }
}

/** Inodes of the sockets that listen on `port` in the network namespace of the process. */
function listenersOn(pid: number, port: number): ReadonlySet<string> {
  const inodes = new Set<string>();
  for (const name of ['tcp', 'tcp6']) {
    for (const line of readIfThere(`/proc/${pid}/net/${name}`).split('\n').slice(1)) {
      // sl, local address, remote address, state, queues, timer, retransmits, uid, timeout, inode, …
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      const isThere = state === LISTENS && Number.parseInt(local?.split(':')[1] ?? '', 16) === port;
      if (isThere && inode !== undefined) inodes.add(inode);
    }
  }
  return inodes;
}

/** Returns an empty text if the file does not exist: without IPv6 the system has no `tcp6`. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function openSockets(pid: number): readonly string[] {
  const inodes: string[] = [];
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
    if (inode !== undefined) inodes.push(inode);
  }
  return inodes;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // The descriptor was closed meanwhile.
  }
}
