import type { Actor } from '../../../../control-plane/domain/commands.js';
import type { EventData } from '../../../../control-plane/domain/events.js';
import {
  actorWords,
  type ProcessEvent,
  processSentence,
} from '../../../../control-plane/domain/process-sentence.js';
import { sampleEvent } from '../../../support/sample-events.js';

function sentence<T extends ProcessEvent['type']>(type: T, data: Partial<EventData[T]>): string {
  return processSentence(sampleEvent(1, type, data as EventData[T]) as ProcessEvent);
}

describe('sentences about processes, configuration and certificates', () => {
  it.each<[Actor, string]>([
    [{ kind: 'file', name: 'x.yaml' }, 'x.yaml (the file)'],
    [{ kind: 'api' }, 'the API'],
    [{ kind: 'health-check' }, 'the health-check'],
  ])('call %j %s', (actor, expected) => {
    expect(actorWords(actor)).toBe(expected);
  });

  it.each<[string, string]>([
    [sentence('PrimaryStarted', { version: '1.2.3', pid: 7 }), 'Tidegate 1.2.3 started (pid 7)'],
    [sentence('PrimaryStopped', { reason: 'SIGTERM' }), 'Tidegate stopped: SIGTERM'],
    [sentence('ConfigApplied', { file: 'x.yaml', restartNeeded: [] }), 'configuration x.yaml was applied'],
    [
      sentence('ConfigApplied', { file: 'x.yaml', restartNeeded: ['workers: 2 in force, 3 in the file'] }),
      'configuration x.yaml was applied; waits for a restart: workers: 2 in force, 3 in the file',
    ],
    [
      sentence('ConfigRejected', { file: 'x.yaml', problems: [] }),
      'configuration x.yaml was refused, what was in force stays: it is not valid',
    ],
    [
      sentence('ConfigRejected', { file: 'x.yaml', problems: ['a'] }),
      'configuration x.yaml was refused, what was in force stays: a',
    ],
    [
      sentence('ConfigRejected', { file: 'x.yaml', problems: ['a', 'b', 'c'] }),
      'configuration x.yaml was refused, what was in force stays: a (and 2 more)',
    ],
    [sentence('ForwardingChanged', {}), 'settings of forwarding were changed by test (the API)'],
    [sentence('RoutesChanged', {}), 'routes were changed by test (the API)'],
    [sentence('WorkerStarted', { worker: 3, pid: 9 }), 'worker 3 started (pid 9)'],
    [sentence('WorkerReady', { worker: 3 }), 'worker 3 forwards'],
    [
      sentence('WorkerExited', { worker: 3, pid: 9, reason: 'signal SIGKILL', expected: false }),
      'worker 3 (pid 9) died: signal SIGKILL',
    ],
    [
      sentence('WorkerExited', { worker: 3, pid: 9, reason: 'shutdown', expected: true }),
      'worker 3 (pid 9) ended: shutdown',
    ],
    [
      sentence('CertificateLoaded', { certFile: 'c.pem', subject: 'CN=a', notAfter: 0 }),
      'certificate CN=a from c.pem is in use, valid until 1970-01-01T00:00:00.000Z',
    ],
    [
      sentence('CertificateRejected', { certFile: 'c.pem', problem: 'expired' }),
      'certificate c.pem was refused, the one before stays in use: expired',
    ],
    [
      sentence('EventsLost', { first: 3, last: 9, since: 0, reason: 'memory' }),
      'events 3 to 9 were not kept: nothing could be stored since 1970-01-01T00:00:00.000Z, for longer than memory holds',
    ],
    [
      sentence('EventsLost', { first: 1, last: 9, since: null, reason: 'file' }),
      'the event log was made anew with the present state, without events 1 to 9: its file was deleted or replaced',
    ],
  ])('say: %s', (actual, expected) => {
    expect(actual).toBe(expected);
  });
});
