import {
  EVENTS,
  levelOf,
  type EventData,
  type EventType,
  type TidegateEvent,
} from '../../../../control-plane/domain/events.js';
import { sampleEvent } from '../../../support/sample-events.js';
import { worker } from '../../../support/workers.js';

const WARNED: readonly EventType[] = [
  'BackendBecameUnhealthy',
  'BreakerOpened',
  'PanicEntered',
  'ConfigRejected',
  'CertificateRejected',
  'HostWasAutonomous',
  'HostWorkerExited',
  'HostIncidentsUntold',
];

/** History that is gone. */
const ERRORS: readonly EventType[] = ['EventsLost', 'HistoryLost'];

describe('how loudly an event is told', () => {
  const types = Object.keys(EVENTS).filter((type) => type !== 'WorkerExited') as EventType[];
  it.each(types)('%s', (type) => {
    expect(levelOf(sampleEvent(1, type, {} as never) as TidegateEvent)).toBe(
      ERRORS.includes(type) ? 'error' : WARNED.includes(type) ? 'warn' : 'info',
    );
  });

  it('a worker that ends unasked is a warning', () => {
    const exit: EventData['WorkerExited'] = {
      worker: worker(1),
      pid: 2,
      reason: 'signal SIGKILL',
      expected: false,
    };
    expect(levelOf(sampleEvent(1, 'WorkerExited', exit))).toBe('warn');
    expect(levelOf(sampleEvent(1, 'WorkerExited', { ...exit, expected: true }))).toBe('info');
  });
});
