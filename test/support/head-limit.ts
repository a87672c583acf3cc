/** Time as an engine under test sees it: one of its own limits passes. */
import { connectRaw } from './raw-client.js';

/**
 * Waits until the engine has ended a connection whose head does not come: by its own timers at least `requestHeadMs` have
 * passed then. For claims that something does not happen within that time.
 */
export async function untilHeadLimit(port: number): Promise<void> {
  const client = await connectRaw(port);
  client.send('GET / HTTP/1.1\r\nHost: a');
  // With 408, or without a word where this machine was too slow to send the first byte within that time.
  await client.closed();
  client.close();
}
