/**
 * How a listening socket gets from a worker whose primary died to the next primary: the very socket, so that connections
 * in its queue, and those still shaking hands, are nobody's loss.
 *
 * Node hands sockets over between processes only on channels that it made itself when it forked. But a process takes any
 * connected Unix socket for such a channel whose number it finds in `NODE_CHANNEL_FD`. So on both sides small helpers
 * are started with the right descriptors (`give-listener.ts`, `take-listener.ts`).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where every worker that shares a socket finds it: descriptors 0 to 2 are the usual ones, 3 is node's channel. */
export const LISTENER_FD = 4;
/** Helpers end by themselves when nothing has come of it for this long. */
export const HELPER_LIMIT_MS = 5_000;
/** Longest path of a Unix socket that all systems take. */
const MAX_PATH_BYTES = 103;

const GIVE = fileURLToPath(new URL('./give-listener.js', import.meta.url));
const TAKE = fileURLToPath(new URL('./take-listener.js', import.meta.url));

/** Where worker `pid` offers its listener. `null`: the directory's name is too long for a socket. */
export function handoverPath(directory: string, pid: number): string | null {
  const path = join(directory, `handover-${pid}.sock`);
  return Buffer.byteLength(path) > MAX_PATH_BYTES ? null : path;
}

/** Sends the listener over a connection, or the descriptor of one. The process at its other end reads it as a channel of Node. */
export function giveListener(to: Socket | number, listenerFd: number): ChildProcess {
  return spawn(process.execPath, [GIVE], {
    stdio: ['ignore', 'ignore', 'inherit', to, listenerFd],
    env: { ...process.env, NODE_CHANNEL_FD: '3' },
  });
}

/** Receives what is given on a connection; the helper's own channel then brings it as a message with a handle. */
export function takeListener(from: Socket): ChildProcess {
  return spawn(process.execPath, [TAKE], { stdio: ['ignore', 'ignore', 'inherit', 'ipc', from] });
}
