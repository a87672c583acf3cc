/** Says in one line why a backend has its availability, and since when. `/why` has the whole story. */
import type { Availability } from '#shared/backend-state.js';
import { actorWords, breakerWords } from '../domain/event-words.js';
import type { HealthEvidence } from '../domain/evidence.js';
import type { BackendState } from '../domain/state.js';
import { isoTime } from '../domain/iso-time.js';
import type { BackendTransitions } from './transitions.js';

export interface AvailabilityReason {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly reason: string;
}

/** Said on hosts that take no traffic. */
export const NOT_JUDGED = 'this host takes no traffic, and judges no backends';

export function reasonOf(
  backend: BackendState,
  present: Availability,
  transitions: BackendTransitions,
  host: string,
): AvailabilityReason {
  const { health, admin, added } = transitions;
  switch (present) {
    case 'unhealthy': {
      const { healthSince: since } = backend;
      // An event of another time is not the reason. The event of this time may be missing from the log (`EventsLost`).
      if (health?.at !== since) return { since, reason: 'health checks failed' };
      return { since, reason: checksReason(health.data.evidence) };
    }
    case 'unchecked':
      return { since: backend.healthSince, reason: 'waits for its first passed check' };
    case 'ejected':
      return { since: backend.breaker.since, reason: openReason(backend, transitions, host) };
    case 'trial':
      return { since: backend.breaker.since, reason: 'breaker half-open: trial requests decide' };
    case 'draining':
    case 'maintenance': {
      const by = admin === undefined ? '' : ` by ${actorWords(admin.actor)}`;
      return { since: admin?.at ?? backend.healthSince, reason: `set to ${backend.admin}${by}` };
    }
    case 'available': {
      const times = [backend.healthSince, backend.breaker.since, admin?.at ?? 0, added?.at ?? 0];
      const weightless = backend.weight === 0 ? ', but no new traffic at weight 0' : '';
      return { since: Math.max(...times), reason: `in rotation${weightless}` };
    }
  }
}

/** Shorter than the sentence of the event: of several failed checks, only the last one is quoted. */
function checksReason(evidence: HealthEvidence): string {
  if (evidence.kind === 'check-removed') return 'health checks failed';
  const { results } = evidence;
  const last = results.at(-1);
  const run = results.length === 1 ? '1 check failed' : `${results.length} checks in a row failed`;
  const saw =
    last?.unmet ?? last?.error ?? (last?.status === undefined ? 'no response' : `status ${last.status}`);
  return `${run}, the last: ${saw}`;
}

function openReason({ breaker }: BackendState, transitions: BackendTransitions, host: string): string {
  const opened = transitions.breaker;
  const isIt = opened?.type === 'BreakerOpened' && opened.at === breaker.since;
  const why = isIt ? breakerWords(opened.data.evidence, host) : 'breaker open';
  return breaker.phase === 'open' ? `${why}; trials from ${isoTime(breaker.until)}` : why;
}
