/**
 * A helper process of the next primary. Node reads only one channel per process, but two are needed: the channel that brings
 * the socket, and the channel to the primary. Therefore three processes are chained. This one has the channel to the
 * primary. It starts a second one with the other channel. The second one receives the socket and starts a third, which sends
 * the socket to the primary.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { HELPER_LIMIT_MS, giveListener } from './handover.js';

/** Descriptors of this process, as the primary starts it. */
const PRIMARY_FD = 3;
const GIVER_FD = 4;
const SECOND = 'receive';

setTimeout(() => process.exit(1), HELPER_LIMIT_MS);

if (process.argv[2] === SECOND) {
  // In the second process, the two descriptors are exchanged.
  process.once('message', (_message, handle: unknown) => {
    const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
    if (typeof fd !== 'number') process.exit(1);
    giveListener(GIVER_FD, fd).once('exit', (code) => process.exit(code ?? 1));
  });
} else {
  const second = spawn(process.execPath, [...process.argv.slice(1, 2), SECOND], {
    stdio: ['ignore', 'ignore', 'inherit', GIVER_FD, PRIMARY_FD],
    env: { ...process.env, NODE_CHANNEL_FD: '3' },
  });
  second.once('exit', (code) => process.exit(code ?? 1));
  // The third process uses the primary's channel, so this process must not read from it.
  process.disconnect?.();
}
