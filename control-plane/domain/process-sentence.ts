/** The sentences of events that concern no backend: Tidegate's own processes, its configuration and certificates. */
import type { Actor } from './commands.js';
import type { TidegateEvent } from './events.js';
import { isoTime } from './iso-time.js';

export type ProcessEvent = Extract<
  TidegateEvent,
  {
    type:
      | 'PrimaryStarted'
      | 'PrimaryStopped'
      | 'ConfigApplied'
      | 'ConfigRejected'
      | 'ForwardingChanged'
      | 'RoutesChanged'
      | 'WorkerStarted'
      | 'WorkerReady'
      | 'WorkerExited'
      | 'CertificateLoaded'
      | 'CertificateRejected'
      | 'EventsLost';
  }
>;

/** Who did it, such as `alice (the API)` or `tidegate.yaml (the file)`. */
export function actorWords(actor: Actor): string {
  const kind = actor.kind === 'api' ? 'the API' : actor.kind === 'file' ? 'the file' : `the ${actor.kind}`;
  return actor.name === undefined ? kind : `${actor.name} (${kind})`;
}

export function processSentence(event: ProcessEvent): string {
  const by = actorWords(event.actor);
  switch (event.type) {
    case 'PrimaryStarted':
      return `Tidegate ${event.data.version} started (pid ${event.data.pid})`;
    case 'PrimaryStopped':
      return `Tidegate stopped: ${event.data.reason}`;
    case 'ConfigApplied': {
      const { file, restartNeeded } = event.data;
      const waits = restartNeeded.length === 0 ? '' : `; waits for a restart: ${restartNeeded.join(', ')}`;
      return `configuration ${file} was applied${waits}`;
    }
    case 'ConfigRejected': {
      const { file, problems } = event.data;
      const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
      return `configuration ${file} was refused, what was in force stays: ${problems[0] ?? 'it is not valid'}${more}`;
    }
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
      return `certificate ${event.data.certFile} was refused, the one before stays in use: ${event.data.problem}`;
    case 'EventsLost': {
      const { first, last, since, reason } = event.data;
      return reason === 'file'
        ? `the event log was made anew with the present state, without events ${first} to ${last}: its file was deleted or replaced`
        : `events ${first} to ${last} were not kept: nothing could be stored since ${isoTime(since ?? event.at)}, for longer than memory holds`;
    }
  }
}
