/** Says in one line why a backend has the availability it has, and since when. */
import type { Availability } from '#shared/backend-state.js';
import type { BreakerEvidence, HealthEvidence } from '../domain/events.js';
import type { BackendState } from '../domain/state.js';
import { isoTime } from './json-case.js';
import type { BackendTransitions } from './transitions.js';

export interface Standing {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly reason: string;
}

export function standingOf(
  backend: BackendState,
  availability: Availability,
  transitions: BackendTransitions,
): Standing {
  const { health, breaker, admin, added } = transitions;
  const addedAt = added?.at ?? 0;
  switch (availability) {
    case 'unhealthy':
      return { since: backend.healthSince, reason: healthReason(health?.data.evidence) };
    case 'unchecked':
      return { since: backend.healthSince, reason: 'waits for its first health check' };
    case 'ejected':
      return {
        since: backend.breaker.since,
        reason: openReason(breaker?.type === 'BreakerOpened' ? breaker.data.evidence : undefined, backend),
      };
    case 'trial':
      return { since: backend.breaker.since, reason: 'its breaker is half-open: trial requests decide' };
    case 'draining':
    case 'maintenance': {
      const by = admin === undefined ? '' : ` by ${admin.actor.name ?? admin.actor.kind}`;
      const what = availability === 'draining' ? 'drained' : 'put into maintenance';
      return { since: admin?.at ?? backend.healthSince, reason: `${what}${by}` };
    }
    case 'available': {
      const times = [backend.healthSince, backend.breaker.since, admin?.at ?? 0, addedAt];
      const weightless = backend.weight === 0 ? '; weight 0: no new traffic' : '';
      return { since: Math.max(...times), reason: `in rotation${weightless}` };
    }
  }
}

function healthReason(evidence: HealthEvidence | undefined): string {
  if (evidence?.kind !== 'checks') return 'health checks failed';
  const last = evidence.results.at(-1);
  const saw = last?.error ?? (last?.status === undefined ? undefined : `status ${last.status}`);
  const count = evidence.results.length;
  const checks = count === 1 ? '1 health check failed' : `${count} health checks in a row failed`;
  return saw === undefined ? checks : `${checks}; the last: ${saw}`;
}

function openReason(evidence: BreakerEvidence | undefined, backend: BackendState): string {
  const then = backend.breaker.phase === 'open' ? `; trials from ${isoTime(backend.breaker.until)}` : '';
  if (evidence === undefined) return `its breaker is open${then}`;
  if (evidence.kind === 'trial-failed') return `a trial request failed${then}`;
  const total = evidence.successes + evidence.failures;
  return `${evidence.failures} of ${total} attempts failed${then}`;
}
