/**
 * A helper process of the next primary. Node reads one channel per process, and two are needed: one that the socket comes
 * from, and one that leads to the primary. So this process, whose channel leads to the primary, starts a second one with the
 * other channel, and the second one has the socket sent on by a third.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { HELPER_LIMIT_MS, giveListener } from './handover.js';

/** Descriptors of this process when the primary has started it. */
const PRIMARY_FD = 3;
const GIVER_FD = 4;
const SECOND = 'receive';

setTimeout(() => process.exit(1), HELPER_LIMIT_MS);

if (process.argv[2] === SECOND) {
  // Here the two have changed places.
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
  // What comes on the primary's channel is for the third to read.
  process.disconnect?.();
}
