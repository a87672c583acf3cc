import type { EventData, TidegateEvent } from '../../../../control-plane/domain/events.js';
import { OwnIncidents } from '../../../../control-plane/runtime/own-incidents.js';
import { sampleEvent } from '../../../support/sample-events.js';
import { worker } from '../../../support/workers.js';

function started(n: number): TidegateEvent {
  return sampleEvent(n, 'WorkerStarted', { worker: worker(n), pid: 100 + n });
}

function ready(n: number): TidegateEvent {
  return sampleEvent(n, 'WorkerReady', { worker: worker(n) });
}

function exited(n: number, over: Partial<EventData['WorkerExited']> = {}): TidegateEvent {
  const data = { worker: worker(n), pid: 100 + n, reason: 'signal SIGKILL', expected: false, ...over };
  return sampleEvent(n, 'WorkerExited', data);
}

describe('what a host tells its fleet of its workers', () => {
  it('is who died and who forwards in its place, not who was there from the start', () => {
    const incidents = new OwnIncidents(2);
    incidents.take([started(1), started(2), ready(1), ready(2)]);
    expect(incidents.newest).toEqual([]);
    incidents.take([exited(2), started(3), ready(3)]);
    expect(incidents.newest).toEqual([
      { kind: 'exited', number: 1, at: 2_000, n: 2, pid: 102, reason: 'signal SIGKILL' },
      { kind: 'ready', number: 2, at: 3_000, n: 3, pid: 103 },
    ]);
  });

  it('is also one that never forwarded, and is not one that was asked to end', () => {
    const incidents = new OwnIncidents(1);
    incidents.take([started(1), exited(1, { reason: 'not ready in time' }), ready(1), started(2)]);
    incidents.take([exited(2, { expected: true })]);
    expect(incidents.newest).toMatchObject([{ n: 1, reason: 'not ready in time' }]);
  });

  it('is not one that took the place of another because somebody asked for it', () => {
    const incidents = new OwnIncidents(1);
    incidents.take([started(1), ready(1), started(2), ready(2), exited(1, { expected: true })]);
    expect(incidents.newest).toEqual([]);
  });

  it('is bounded: the newest 16, numbered on, and 256 characters of a reason', () => {
    const incidents = new OwnIncidents(1);
    for (let n = 1; n <= 20; n += 1) incidents.take([started(n), exited(n, { reason: 'x'.repeat(300) })]);
    expect(incidents.newest.map(({ number }) => number)).toEqual(
      Array.from({ length: 16 }, (_, index) => index + 5),
    );
    expect(incidents.newest[0]).toMatchObject({ reason: 'x'.repeat(256) });
  });
});
