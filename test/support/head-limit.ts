/** Time as an engine under test sees it: one of its own limits passes. */
import { connectRaw } from './raw-client.js';
import { waitUntil } from './wait-until.js';

/**
 * Waits until the engine has ended a connection whose head does not come: by its own timers at least `requestHeadMs` have
 * passed then. For claims that something does not happen within that time.
 */
export async function untilHeadLimit(port: number): Promise<void> {
  const client = await connectRaw(port);
  client.send('GET / HTTP/1.1\r\nHost: a');
  await waitUntil('the time for a head to pass', () => client.received().includes(' 408 '));
  client.close();
}
