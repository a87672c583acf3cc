/** Events of Tidegate's own processes, certificates and log. They change no pool, and most are only history. */
import { flag, nullable, object, oneOf } from '#shared/shape.js';
import { count } from '#shared/shape-settings.js';
import { event } from './event-entry.js';
import { forgetWorker } from './forget-observations.js';
import { initialObservations } from './observations.js';
import { time, words } from './stored-shapes.js';
import { workerId } from './worker-id.js';

export const PROCESS_EVENTS = {
  PrimaryStarted: event(object({ version: words, pid: count }), {
    schema: 1,
    level: 'info',
    evolve: null,
    observe: ({ nextPermit }) => ({ ...initialObservations(), nextPermit }),
  }),
  PrimaryStopped: event(object({ reason: words }), {
    schema: 1,
    level: 'info',
    evolve: null,
    observe: null,
  }),
  WorkerStarted: event(object({ worker: workerId, pid: count }), {
    schema: 2,
    level: 'info',
    evolve: null,
    observe: null,
  }),
  /** The worker forwards. */
  WorkerReady: event(object({ worker: workerId }), {
    schema: 2,
    level: 'info',
    evolve: null,
    observe: (observations, { data }) => ({
      ...observations,
      workers: [...observations.workers, data.worker],
    }),
  }),
  WorkerExited: event(object({ worker: workerId, pid: count, reason: words, expected: flag }), {
    schema: 2,
    // A worker that was asked to end needs no attention.
    level: ({ expected }) => (expected ? 'info' : 'warn'),
    evolve: null,
    observe: (observations, { data }) => forgetWorker(observations, data.worker),
  }),
  CertificateLoaded: event(object({ certFile: words, fingerprint: words, subject: words, notAfter: time }), {
    schema: 1,
    level: 'info',
    evolve: null,
    observe: null,
  }),
  CertificateRejected: event(object({ certFile: words, problem: words }), {
    schema: 1,
    level: 'warn',
    evolve: null,
    observe: null,
  }),
  /** The events from `first` up to this one are not in the log. A checkpoint has the state that they led to. */
  EventsLost: event(
    object({
      first: count,
      last: count,
      /**
       * Since when events could not be stored, in milliseconds since 1970; `null` if they were stored and lost with their
       * file.
       */
      since: nullable(time),
      /**
       * `memory`: more events happened during an outage of the log than memory keeps. `file`: the file of the log is gone.
       */
      reason: oneOf('memory', 'file'),
    }),
    { schema: 1, level: 'error', evolve: null, observe: null },
  ),
};
