/**
 * Hands a listening socket over from a worker with a dead primary to the next primary. The socket itself is handed over, so
 * that no connection in its queue or in its handshake is lost.
 *
 * Node sends sockets between processes only over channels that it created itself when it forked. But a process accepts any
 * connected Unix socket as such a channel if `NODE_CHANNEL_FD` contains its descriptor. Therefore both sides start small
 * helper processes with the right descriptors (`give-listener.ts`, `take-listener.ts`).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Descriptor of the shared socket in every worker. Descriptors 0 to 2 are the standard streams, and 3 is Node's channel. */
export const LISTENER_FD = 4;
/** Helper processes exit if nothing has happened for this long, in milliseconds. */
export const HELPER_LIMIT_MS = 5_000;
/** The longest path of a Unix socket that all systems accept, in bytes. */
const MAX_PATH_BYTES = 103;

const GIVE = fileURLToPath(new URL('./give-listener.js', import.meta.url));
const TAKE = fileURLToPath(new URL('./take-listener.js', import.meta.url));

/** The path where worker `pid` offers its listener; `null` if the path would be too long for a Unix socket. */
export function handoverPath(directory: string, pid: number): string | null {
  const path = join(directory, `handover-${pid}.sock`);
  return Buffer.byteLength(path) > MAX_PATH_BYTES ? null : path;
}

/** Sends the listener over a connection or its descriptor. The process at the other end reads it as a channel of Node. */
export function giveListener(to: Socket | number, listenerFd: number): ChildProcess {
  return spawn(process.execPath, [GIVE], {
    stdio: ['ignore', 'ignore', 'inherit', to, listenerFd],
    env: { ...process.env, NODE_CHANNEL_FD: '3' },
  });
}

/** Receives a listener from a connection. The returned helper sends it over its own channel, as a message with a handle. */
export function takeListener(from: Socket): ChildProcess {
  return spawn(process.execPath, [TAKE], { stdio: ['ignore', 'ignore', 'inherit', 'ipc', from] });
}
