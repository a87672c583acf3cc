/** One sentence for each event, for lists: the domain's words for backends and pools, and words for the rest. */
import { actorWords, sentenceOf } from '../domain/event-sentence.js';
import type { TidegateEvent } from '../domain/events.js';
import { isoTime } from './json-case.js';

export function eventWords(event: TidegateEvent): string {
  const by = actorWords(event.actor);
  switch (event.type) {
    case 'PrimaryStarted':
      return `Tidegate ${event.data.version} started (pid ${event.data.pid})`;
    case 'PrimaryStopped':
      return `Tidegate stopped: ${event.data.reason}`;
    case 'ConfigApplied': {
      const { file, restartNeeded } = event.data;
      const waits = restartNeeded.length === 0 ? '' : `; wait for a restart: ${restartNeeded.join(', ')}`;
      return `configuration ${file} was applied${waits}`;
    }
    case 'ConfigRejected':
      return `configuration ${event.data.file} was refused: ${event.data.problems[0] ?? 'it is not valid'}${more(event.data.problems.length)}`;
    case 'ForwardingChanged':
      return `settings of forwarding were changed by ${by}`;
    case 'RoutesChanged':
      return `routes were changed by ${by}`;
    case 'WorkerStarted':
      return `worker ${event.data.worker} started (pid ${event.data.pid})`;
    case 'WorkerReady':
      return `worker ${event.data.worker} forwards`;
    case 'WorkerExited': {
      const { worker, pid, reason, expected } = event.data;
      return `worker ${worker} (pid ${pid}) ${expected ? 'ended' : 'died'}: ${reason}`;
    }
    case 'CertificateLoaded':
      return `certificate ${event.data.subject} from ${event.data.certFile} is in use, valid until ${isoTime(event.data.notAfter)}`;
    case 'CertificateRejected':
      return `certificate ${event.data.certFile} was refused: ${event.data.problem}`;
    case 'PoolAdded':
    case 'PoolRemoved':
    case 'PoolSettingsChanged':
    case 'BackendAdded':
    case 'BackendRemoved':
    case 'BackendOriginChanged':
    case 'WeightChanged':
    case 'AdminStateChanged':
    case 'BackendBecameHealthy':
    case 'BackendBecameUnhealthy':
    case 'BreakerOpened':
    case 'BreakerHalfOpened':
    case 'BreakerClosed':
    case 'PanicEntered':
    case 'PanicLeft':
      return sentenceOf(event);
  }
}

function more(problems: number): string {
  return problems > 1 ? ` (and ${problems - 1} more)` : '';
}
