/** How long an attempt waits for whom. Decides; the deadlines are `attempt.ts`'s. */
import type { AttemptFacts, Errand } from './errand.js';

/** While the body is on its way whoever makes it wait is to blame. `null`: all of it has been sent. */
export function sendingPatienceMs({ body, settings, account, parts }: Errand): number | null {
  if (body === null || body.isComplete) return null;
  const idleMs = settings.timeouts.requestBodyIdleMs;
  if (!body.awaitsClient) return idleMs;
  return body.patienceMs(idleMs, parts.context.monotonic() - account.startedAt);
}

/** Whether the client, not the backend, let the time for the body pass. */
export function isClientLate({ errand, message }: AttemptFacts, hasContinued: boolean): boolean {
  const { body } = errand;
  if (body?.awaitsClient !== true) return false;
  // A client that waits for 100 waits for the backend.
  return !message.awaitsContinue || hasContinued || !body.isUntouched;
}
