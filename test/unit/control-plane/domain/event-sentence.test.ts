import {
  breakerWords,
  evidenceLines,
  healthWords,
  namedSentenceOf,
  sentenceOf,
} from '../../../../control-plane/domain/event-sentence.js';
import { EVENT_SCHEMAS, type TidegateEvent } from '../../../../control-plane/domain/events.js';
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
    ['WorkerReady', { worker: 1 }, 'worker 1 forwards'],
  ])('%s %j: %s', (type, data, expected) => {
    expect(sentenceOf(anEvent(type, data))).toBe(expected);
  });

  it('begins with the name of what it is about, where it stands alone', () => {
    const about = { pool: POOL, backend: backendId('a') };
    const closed = anEvent('BreakerClosed', { cause: 'disabled' });
    expect(namedSentenceOf({ ...closed, ...about })).toMatch(/^\w+\/a breaker closed because /);
    expect(namedSentenceOf({ ...anEvent('PoolRemoved', {}), pool: POOL })).toBe(
      `pool ${POOL} was removed by the clock`,
    );
    expect(namedSentenceOf(anEvent('WorkerReady', { worker: 1 }))).toBe('worker 1 forwards');
  });

  it.each([
    [1, 'breaker opened until'],
    [2, 'breaker opened for the 2nd time in a row until'],
    [11, 'breaker opened for the 11th time in a row until'],
    [23, 'breaker opened for the 23rd time in a row until'],
    [20, 'breaker opened for the 20th time in a row until'],
  ])('counts %i openings in a row', (openings, expected) => {
    const evidence = { kind: 'trial-failed', worker: 1 };
    expect(sentenceOf(anEvent('BreakerOpened', { openings, until: START, evidence }))).toContain(expected);
  });

  it('tells the connection limit of a backend, and its changes', () => {
    const told = storyOf(documentOf(poolSettings(), [definition('a', { maxConnections: 9 })]));
    expect(sentenceOf(only(told.events, 'BackendAdded'))).toContain(
      'weight 1 and at most 9 connections, healthy',
    );
    expect(sentenceOf(anEvent('MaxConnectionsChanged', { from: 9, to: null }))).toMatch(
      /^connection limit changed from 9 to that of its pool by /,
    );
  });

  it('names where a backend is, IPv6 in brackets', () => {
    const address = { protocol: 'https', host: '::1', port: 8443 } as const;
    const told = storyOf(documentOf(poolSettings(), [definition('a', { address, weight: 2 })]));
    const event = only(told.events, 'BackendAdded');
    expect(sentenceOf(event)).toBe(
      'was added by test (the API) at https://[::1]:8443 with weight 2, healthy',
    );
  });

  it('says that a check was taken away, and has no lines for that', () => {
    const settings = poolSettings({ healthCheck: healthCheck() });
    const told = storyOf(documentOf(settings, [definition('a')]));
    told.when({ type: 'ChangePool', pool: POOL, settings: poolSettings(), expectedVersion: null });
    const event = only(told.events, 'BackendBecameHealthy');
    expect(sentenceOf(event)).toBe('became healthy: the health check was taken out of the settings');
    expect(evidenceLines(event)).toEqual([]);
  });

  it('has a sentence for each type there is', () => {
    const told = story();
    told.when({ type: 'StartPrimary', version: '1', pid: 1 });
    for (const type of Object.keys(EVENT_SCHEMAS)) {
      const data = {
        evidence: { kind: 'check-removed' },
        definition: definition('a'),
        until: START,
        buckets: [],
        restartNeeded: [],
        previous: poolSettings(),
        settings: poolSettings(),
        problems: [],
        notAfter: START,
        from: [],
        to: [],
      };
      const evidence = type === 'BreakerOpened' ? { kind: 'trial-failed', worker: 1 } : data.evidence;
      expect(sentenceOf(anEvent(type, { ...data, evidence }))).toMatch(/\w/);
    }
  });

  it('shortens a long run to its last results', () => {
    const results = Array.from({ length: 7 }, (_, index) => ({
      at: index,
      passed: false,
      durationMs: 0,
      status: 500 + index,
    }));
    expect(healthWords({ kind: 'checks', results, threshold: 7 }, false)).toBe(
      '7 checks in a row failed (threshold 7): … 502, 503, 504, 505, 506',
    );
  });

  it('finds words for a check that tells little, or much', () => {
    const words = (result: object) =>
      healthWords(
        { kind: 'checks', results: [{ at: 0, passed: false, durationMs: 0, ...result }], threshold: 1 },
        false,
      );
    expect(words({})).toBe('1 check failed (threshold 1): no response');
    expect(words({ status: 404, error: 'unexpected status', durationMs: 3 })).toBe(
      '1 check failed (threshold 1): 404 (unexpected status) after 3 ms',
    );
  });

  it.each([
    [{ reason: 'reset' }, 'a trial by worker 3 failed: connection reset'],
    [{ reason: 'body' }, 'a trial by worker 3 failed: response broken off'],
    [{ reason: 'status', status: 503 }, 'a trial by worker 3 failed: status 503'],
    [{ reason: 'status' }, 'a trial by worker 3 failed: status 500, 502, 503 or 504'],
    [{}, 'a trial by worker 3 failed'],
  ] as const)('says why a trial failed, as far as that is known: %j', (cause, sentence) => {
    expect(breakerWords({ kind: 'trial-failed', worker: 3, ...cause })).toBe(sentence);
  });

  it('has no lines for a trial that failed, nor for events without evidence', () => {
    const told = storyOf(documentOf(poolSettings({ breaker: breaker() }), [definition('a')]));
    expect(
      evidenceLines(anEvent('BreakerOpened', { evidence: { kind: 'trial-failed', worker: 1 } })),
    ).toEqual([]);
    told.when({ type: 'RemoveBackend', pool: POOL, backend: backendId('a'), expectedVersion: null });
    expect(evidenceLines(only(told.events, 'BackendRemoved'))).toEqual([]);
  });
});
