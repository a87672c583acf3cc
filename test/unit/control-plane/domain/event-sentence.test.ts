import {
  evidenceLines,
  namedSentenceOf,
  sentenceOf,
} from '../../../../control-plane/domain/event-sentence.js';
import {
  EVENTS,
  type EventData,
  type EventType,
  type TidegateEvent,
} from '../../../../control-plane/domain/events.js';
import { backendId } from '../../../../shared/ids.js';
import {
  breaker,
  definition,
  documentOf,
  healthCheck,
  only,
  POOL,
  poolSettings,
  START,
  story,
  storyOf,
} from '../../../support/domain.js';
import { sampleEvent } from '../../../support/sample-events.js';
import { HOST, worker } from '../../../support/workers.js';

function anEvent(type: string, data: object): TidegateEvent {
  const cause = { command: 'AdvanceTime', id: 1 } as const;
  const event = { epoch: 1, seq: 1, at: START, type, schema: 1, actor: { kind: 'clock' }, cause, data };
  return event as TidegateEvent;
}

describe('the sentence of an event', () => {
  it.each<[string, object, string]>([
    ['BackendOriginChanged', { origin: 'file' }, 'became part of the file, by the clock'],
    ['BackendOriginChanged', { origin: 'api' }, 'left the file, by the clock'],
    ['BackendRemoved', { definition: definition('a') }, 'was removed by the clock'],
    ['PoolAdded', { settings: poolSettings() }, 'was added by the clock'],
    ['PoolRemoved', {}, 'was removed by the clock'],
    [
      'PoolSettingsChanged',
      {
        previous: poolSettings({ algorithm: 'random' }),
        settings: poolSettings({ algorithm: 'round-robin' }),
      },
      'had its settings changed by the clock: algorithm random → round-robin',
    ],
    ['PanicLeft', { ready: 3, ejected: 1 }, 'left panic: breakers take out 1 of 3 ready backends'],
    ['BreakerClosed', { cause: 'disabled' }, 'breaker closed because it was taken out of the settings'],
    ['BreakerHalfOpened', { limit: 1 }, 'breaker half-opened, letting up to 1 trial run at once'],
    ['WorkerReady', { worker: worker(1) }, 'worker 1 forwards'],
  ])('%s %j: %s', (type, data, expected) => {
    expect(sentenceOf(anEvent(type, data), HOST)).toBe(expected);
  });

  it('begins with the name of what it is about, where it stands alone', () => {
    const about = { pool: POOL, backend: backendId('a') };
    const closed = anEvent('BreakerClosed', { cause: 'disabled' });
    expect(namedSentenceOf({ ...closed, ...about }, HOST)).toMatch(/^\w+\/a breaker closed because /);
    expect(namedSentenceOf({ ...anEvent('PoolRemoved', {}), pool: POOL }, HOST)).toBe(
      `pool ${POOL} was removed by the clock`,
    );
    expect(namedSentenceOf(anEvent('WorkerReady', { worker: worker(1) }), HOST)).toBe('worker 1 forwards');
  });

  it.each([
    [1, 'breaker opened until'],
    [2, 'breaker opened for the 2nd time in a row until'],
    [11, 'breaker opened for the 11th time in a row until'],
    [23, 'breaker opened for the 23rd time in a row until'],
    [20, 'breaker opened for the 20th time in a row until'],
  ])('counts %i openings in a row', (openings, expected) => {
    const evidence = { kind: 'trial-failed', worker: worker(1) };
    expect(sentenceOf(anEvent('BreakerOpened', { openings, until: START, evidence }), HOST)).toContain(
      expected,
    );
  });

  it('tells the connection limit of a backend, and its changes', () => {
    const told = storyOf(documentOf(poolSettings(), [definition('a', { maxConnections: 9 })]));
    expect(sentenceOf(only(told.events, 'BackendAdded'), HOST)).toContain(
      'weight 1 and at most 9 connections, healthy',
    );
    expect(
      sentenceOf(
        anEvent('BackendSettingsChanged', { from: { maxConnections: 9 }, to: { maxConnections: null } }),
        HOST,
      ),
    ).toMatch(/^was changed by .*: max_connections 9 → that of the pool$/);
  });

  it('names where a backend is, IPv6 in brackets', () => {
    const address = { protocol: 'https', host: '::1', port: 8443 } as const;
    const told = storyOf(documentOf(poolSettings(), [definition('a', { address, weight: 2 })]));
    const event = only(told.events, 'BackendAdded');
    expect(sentenceOf(event, HOST)).toBe(
      'was added by test (the API) at https://[::1]:8443 with weight 2, healthy',
    );
  });

  it('says that a check was taken away, and has no lines for that', () => {
    const settings = poolSettings({ healthCheck: healthCheck() });
    const told = storyOf(documentOf(settings, [definition('a')]));
    told.when({ type: 'ChangePool', pool: POOL, settings: poolSettings(), expectedVersion: null });
    const event = only(told.events, 'BackendBecameHealthy');
    expect(sentenceOf(event, HOST)).toBe('became healthy: the health check was taken out of the settings');
    expect(evidenceLines(event)).toEqual([]);
  });

  it('has a sentence for each type there is', () => {
    const told = story();
    told.when({ type: 'StartPrimary', version: '1', pid: 1 });
    for (const type of Object.keys(EVENTS)) {
      const data = {
        evidence: { kind: 'check-removed' },
        definition: definition('a'),
        until: START,
        buckets: [],
        previous: poolSettings(),
        settings: poolSettings(),
        problems: [],
        notAfter: START,
        happenedAt: START,
        worker: worker(1),
        from: [],
        to: [],
        fleet: { standing: { seq: 1 } },
        ...(type === 'HostWasAutonomous' ? { from: START, to: START } : {}),
      };
      const evidence = type === 'BreakerOpened' ? { kind: 'trial-failed', worker: worker(1) } : data.evidence;
      expect(sentenceOf(anEvent(type, { ...data, evidence }), HOST)).toMatch(/\w/);
    }
  });

  it('has no lines for a trial that failed, nor for events without evidence', () => {
    const told = storyOf(documentOf(poolSettings({ breaker: breaker() }), [definition('a')]));
    expect(
      evidenceLines(anEvent('BreakerOpened', { evidence: { kind: 'trial-failed', worker: worker(1) } })),
    ).toEqual([]);
    told.when({ type: 'RemoveBackend', pool: POOL, backend: backendId('a'), expectedVersion: null });
    expect(evidenceLines(only(told.events, 'BackendRemoved'))).toEqual([]);
  });
});

function sentence<T extends EventType>(type: T, data: Partial<EventData[T]>): string {
  return sentenceOf(sampleEvent(1, type, data as EventData[T]), HOST);
}

const THERE = { host: 'lb-2', happenedAt: 0 };

describe('sentences about processes, configuration and certificates', () => {
  it.each<[string, string]>([
    [sentence('PrimaryStarted', { version: '1.2.3', pid: 7 }), 'Tidegate 1.2.3 started (pid 7)'],
    [sentence('PrimaryStopped', { reason: 'SIGTERM' }), 'Tidegate stopped: SIGTERM'],
    [sentence('ConfigApplied', { file: 'x.yaml' }), 'configuration x.yaml was applied'],
    [
      sentence('ConfigRejected', { file: 'x.yaml', problems: [] }),
      'configuration x.yaml was refused, the former configuration stays in force: it is not valid',
    ],
    [
      sentence('ConfigRejected', { file: 'x.yaml', problems: ['a'] }),
      'configuration x.yaml was refused, the former configuration stays in force: a',
    ],
    [
      sentence('ConfigRejected', { file: 'x.yaml', problems: ['a', 'b', 'c'] }),
      'configuration x.yaml was refused, the former configuration stays in force: a (and 2 more)',
    ],
    [sentence('ForwardingChanged', {}), 'settings of forwarding were changed by test (the API)'],
    [sentence('RoutesChanged', {}), 'routes were changed by test (the API)'],
    [sentence('WorkerStarted', { worker: worker(3), pid: 9 }), 'worker 3 started (pid 9)'],
    [sentence('WorkerReady', { worker: worker(3) }), 'worker 3 forwards'],
    [
      sentence('WorkerExited', { worker: worker(3), pid: 9, reason: 'signal SIGKILL', expected: false }),
      'worker 3 (pid 9) died: signal SIGKILL',
    ],
    [
      sentence('WorkerExited', { worker: worker(3), pid: 9, reason: 'shutdown', expected: true }),
      'worker 3 (pid 9) ended: shutdown',
    ],
    [
      sentence('HostWorkerExited', { ...THERE, n: 3, pid: 9, reason: 'signal SIGKILL', number: 1 }),
      'worker 3 of lb-2 (pid 9) died at 1970-01-01T00:00:00.000Z: signal SIGKILL',
    ],
    [
      sentence('HostWorkerReady', { host: HOST, n: 4, pid: 10, happenedAt: 0, number: 2 }),
      'worker 4 (pid 10) forwards since 1970-01-01T00:00:00.000Z, in place of one that died',
    ],
    [
      sentence('HostIncidentsUntold', { host: 'lb-2', count: 1, number: 2 }),
      '1 more incident of workers of host lb-2 came too fast to be told one by one',
    ],
    [
      sentence('HostIncidentsUntold', { host: 'lb-2', count: 7, number: 9 }),
      '7 more incidents of workers of host lb-2 came too fast to be told one by one',
    ],
    [
      sentence('HostIncidentsUntold', { host: 'lb-2', count: 7, number: 9, silentUntil: 0 }),
      '7 more incidents of workers of host lb-2 came too fast to be told one by one (nothing more is told of workers there until 1970-01-01T00:00:00.000Z)',
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
