/** A helper process. It sends the socket that it inherited as descriptor 4 over its channel, descriptor 3. */
import type { SendHandle } from 'node:child_process';
import { Socket } from 'node:net';
import process from 'node:process';
import { HELPER_LIMIT_MS, LISTENER_FD } from './handover.js';

const socket = new Socket({ fd: LISTENER_FD, readable: false, writable: false });
// The handle is sent instead of the `Socket`, because Node would send a `Socket` as a connection, and its receiver would
// start to read from it.
const handle = Reflect.get(socket, '_handle') as SendHandle;
process.once('disconnect', () => process.exit(0));
setTimeout(() => process.exit(1), HELPER_LIMIT_MS);
process.send?.({ type: 'listener' }, handle, {}, (error) => {
  if (error !== null) process.exit(1);
});
