import { fleetOf } from '../../../../control-plane/domain/fleet-state.js';
import {
  breaker,
  definition,
  documentOf,
  EMPTY_WORLD,
  only,
  poolSettings,
  story,
  storyOf,
  typesOf,
} from '../../../support/domain.js';
import { worker } from '../../../support/workers.js';

describe('what happens to processes and certificates', () => {
  it('are told as events, a worker that is ready once', () => {
    const told = story();
    const certificate = { certFile: 'c.pem', fingerprint: 'ab', subject: 'CN=x', notAfter: 5 };
    const events = [
      ...told.when({ type: 'RecordWorkerStarted', worker: worker(1), pid: 10 }),
      ...told.when({ type: 'RecordWorkerReady', worker: worker(1) }),
      ...told.when({ type: 'RecordWorkerReady', worker: worker(1) }),
      ...told.when({
        type: 'RecordWorkerExited',
        worker: worker(1),
        pid: 10,
        reason: 'code 0',
        expected: true,
      }),
      ...told.when({ type: 'RecordCertificate', ...certificate }),
      ...told.when({ type: 'RejectCertificate', certFile: 'c.pem', problem: 'expired' }),
      ...told.when({ type: 'StopPrimary', reason: 'SIGTERM' }),
    ];
    expect(typesOf(events)).toEqual([
      'WorkerStarted',
      'WorkerReady',
      'WorkerExited',
      'CertificateLoaded',
      'CertificateRejected',
      'PrimaryStopped',
    ]);
  });

  it('a host that begins alone leaves its fleet, once', () => {
    const told = story();
    const alone = { type: 'StartPrimary', version: '1', pid: 1, alone: true } as const;
    expect(typesOf(told.when(alone))).toEqual(['PrimaryStarted']);
    const fleet = fleetOf(EMPTY_WORLD.state);
    told.when({ type: 'AdoptFleet', fleet, keepsVerdicts: false });
    expect(typesOf(told.when({ ...alone, alone: false }))).toEqual(['PrimaryStarted']);
    expect(typesOf(told.when(alone))).toEqual(['PrimaryStarted', 'FleetLeft']);
    expect(typesOf(told.when(alone))).toEqual(['PrimaryStarted']);
  });

  it('a loss names what is missing', () => {
    const loss = { first: 3, last: 9, since: 5, reason: 'memory' } as const;
    expect(only(story().when({ type: 'RecordLoss', ...loss }), 'EventsLost').data).toEqual(loss);
  });

  it('a worker that becomes ready gets the permits that nobody could have', () => {
    const told = storyOf(
      documentOf(poolSettings({ breaker: breaker() }), [definition('a'), definition('b')]),
      [],
    );
    told.report('a', { failures: { reset: 5 } });
    told.advance(600_000);
    const permits = () =>
      [...told.world.observations.pools.values()].flatMap((pool) =>
        [...pool.values()].flatMap(({ trials }) => trials?.permits ?? []),
      );
    expect(permits()).toEqual([]);
    told.when({ type: 'RecordWorkerReady', worker: worker(7) });
    expect(permits().map((permit) => permit.worker.n)).toEqual([7, 7, 7]);
  });
});
