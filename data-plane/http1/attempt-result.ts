/** What came of an attempt, for the counts and the access log. */
import { attemptFinished } from '../routing/pick.js';
import type { AttemptFacts } from './errand.js';

/** To be called once per attempt. @param result status, or the kind of failure */
export function attemptOver(
  { errand, choice }: AttemptFacts,
  startedAt: number,
  result: number | string,
): void {
  const { account, parts } = errand;
  const { backend, permit } = choice.chosen;
  attemptFinished(backend);
  if (permit !== null) parts.context.outcomes.permitReturned(backend, permit);
  if (account.names === null) return;
  const durationMs = parts.context.monotonic() - startedAt;
  account.attempted({ backend: backend.id, durationMs, result });
}
