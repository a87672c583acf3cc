/** A helper process: sends the socket that it inherited as descriptor 4 down its channel, which is descriptor 3. */
import type { SendHandle } from 'node:child_process';
import { Socket } from 'node:net';
import process from 'node:process';
import { HELPER_LIMIT_MS, LISTENER_FD } from './handover.js';

const socket = new Socket({ fd: LISTENER_FD, readable: false, writable: false });
// Node would send a `Socket` as a connection, and its receiver would begin to read from it. The handle is sent as it is.
const handle = Reflect.get(socket, '_handle') as SendHandle;
process.once('disconnect', () => process.exit(0));
setTimeout(() => process.exit(1), HELPER_LIMIT_MS);
process.send?.({ type: 'listener' }, handle, {}, (error) => {
  if (error !== null) process.exit(1);
});
