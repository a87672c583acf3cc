/** Events of Tidegate's own processes, its certificates and its log. They change no pool, and most are history only. */
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
  /** It forwards. */
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
    // One that was asked to end is no news.
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
  /** The events before this one, from `first` on, are not in the log. The state that they led to is: as a checkpoint. */
  EventsLost: event(
    object({
      first: count,
      last: count,
      /** Since when events could not be stored; `null`: they were stored, and are gone with their file. */
      since: nullable(time),
      /** `memory`: more happened while the log could not be written than memory keeps. `file`: the log's file is gone. */
      reason: oneOf('memory', 'file'),
    }),
    { schema: 1, level: 'error', evolve: null, observe: null },
  ),
};
