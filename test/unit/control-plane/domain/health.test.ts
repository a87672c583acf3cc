import {
  definition,
  documentOf,
  healthCheck,
  only,
  POOL,
  poolSettings,
  storyOf,
  typesOf,
} from '../../../support/domain.js';
import { backendId } from '../../../../shared/ids.js';

const CHECKED = poolSettings({
  healthCheck: healthCheck({ failureThreshold: 3, successThreshold: 2, fastIntervalMs: 2_000 }),
});

function checked() {
  return storyOf(documentOf(CHECKED, [definition('a')]));
}

function healthy() {
  const told = checked();
  told.check('a', true);
  return told;
}

describe('health', () => {
  it('a new backend is unknown until its first pass', () => {
    const told = checked();
    expect(told.backend('a').health).toBe('unknown');
    const event = only(told.check('a', true), 'BackendBecameHealthy');
    expect(event).toMatchObject({ pool: POOL, backend: 'a', data: { from: 'unknown' } });
    expect(event.data.evidence).toMatchObject({ kind: 'checks', threshold: 1, results: [{ status: 200 }] });
    expect(told.backend('a')).toMatchObject({ health: 'healthy', healthSince: told.at });
  });

  it('a new backend becomes unhealthy after as many failures as any other, and healthy by one pass before that', () => {
    const told = checked();
    expect([...told.check('a', false), ...told.check('a', false)]).toEqual([]);
    expect(typesOf(told.check('a', true))).toEqual(['BackendBecameHealthy']);
    const other = checked();
    other.check('a', false);
    other.check('a', false);
    const event = only(other.check('a', false), 'BackendBecameUnhealthy');
    expect(event.data.from).toBe('unknown');
  });

  it('without a check a backend is healthy at once, and checks mean nothing', () => {
    const told = storyOf(documentOf(poolSettings(), [definition('a')]));
    expect(told.backend('a').health).toBe('healthy');
    expect(told.check('a', false)).toEqual([]);
    expect(told.report('a', { failures: { connect: 1 } })).toEqual([]);
    expect(told.world.observations.pools.size).toBe(0);
  });

  it('falls after failures in a row, with the very results as evidence', () => {
    const told = healthy();
    for (const error of ['refused', 'timeout']) {
      told.at += 1_000;
      expect(told.check('a', false, error)).toEqual([]);
    }
    told.at += 1_000;
    const { data } = only(told.check('a', false, '503'), 'BackendBecameUnhealthy');
    expect(data.from).toBe('healthy');
    expect(data.evidence).toMatchObject({
      threshold: 3,
      results: [{ error: 'refused' }, { error: 'timeout' }, { error: '503' }],
    });
  });

  it('a pass between failures begins the count anew', () => {
    const told = healthy();
    told.check('a', false);
    told.check('a', false);
    told.check('a', true);
    told.check('a', false);
    expect(told.check('a', false)).toEqual([]);
    expect(typesOf(told.check('a', false))).toEqual(['BackendBecameUnhealthy']);
  });

  it('rises after passes in a row', () => {
    const told = healthy();
    for (let count = 0; count < 3; count += 1) told.check('a', false);
    told.check('a', true);
    told.check('a', false);
    told.check('a', true);
    const { data } = only(told.check('a', true), 'BackendBecameHealthy');
    expect(data.from).toBe('unhealthy');
    expect(data.evidence).toMatchObject({ threshold: 2, results: [{ passed: true }, { passed: true }] });
  });

  it('ignores a result of a backend that had the name before', () => {
    const told = healthy();
    const result = { at: told.at, passed: false, durationMs: 1 };
    const stale = {
      pool: POOL,
      backend: backendId('a'),
      generation: told.backend('a').generation - 1,
      result,
    };
    for (let count = 0; count < 5; count += 1) {
      expect(told.when({ type: 'RecordHealthCheck', ...stale })).toEqual([]);
    }
    expect(told.backend('a').health).toBe('healthy');
  });

  it('counts connect failures of traffic as a failed check, once per fast interval', () => {
    const told = healthy();
    expect(told.report('a', { failures: { connect: 9 } })).toEqual([]);
    told.at += 1_999;
    told.report('a', { failures: { connect: 9 } });
    told.at += 1;
    told.report('a', { failures: { connect: 1 } });
    told.at += 2_000;
    const { data } = only(told.report('a', { failures: { connect: 1, reset: 1 } }), 'BackendBecameUnhealthy');
    expect(data.evidence).toMatchObject({
      results: [1, 2, 3].map(() => ({ passed: false, durationMs: 0, error: 'connect failed in traffic' })),
    });
  });

  it.each([
    ['with a success beside them', { failures: { connect: 5 }, successes: 1 }],
    ['of another kind', { failures: { reset: 5 } }],
    [
      'with a successful trial beside them',
      { failures: { connect: 5 }, trials: [{ permit: 1, result: 'success', returned: true }] },
    ],
  ] as const)('does not count failures of traffic %s', (_name, outcomes) => {
    const told = healthy();
    for (let count = 0; count < 5; count += 1) {
      told.at += 10_000;
      expect(told.report('a', outcomes)).toEqual([]);
    }
  });

  it('frees all backends when the check is taken away, and keeps their health when it comes back', () => {
    const told = storyOf(documentOf(CHECKED, [definition('a'), definition('b')]));
    told.check('b', true);
    for (let count = 0; count < 3; count += 1) told.check('a', false);
    const change = { type: 'ChangePool', pool: POOL, expectedVersion: null } as const;
    const events = told.when({ ...change, settings: { ...CHECKED, healthCheck: null } });
    expect(typesOf(events)).toEqual(['PoolSettingsChanged', 'BackendBecameHealthy']);
    expect(events[1]).toMatchObject({
      backend: 'a',
      cause: { event: events[0]?.seq },
      data: { from: 'unhealthy', evidence: { kind: 'check-removed' } },
    });
    expect(typesOf(told.when({ ...change, settings: CHECKED }))).toEqual(['PoolSettingsChanged']);
    expect(told.backend('a').health).toBe('healthy');
  });

  it('forgets a run of failures when the check is taken away', () => {
    const told = healthy();
    told.check('a', false);
    told.check('a', false);
    const change = { type: 'ChangePool', pool: POOL, expectedVersion: null } as const;
    told.when({ ...change, settings: { ...CHECKED, healthCheck: null } });
    told.when({ ...change, settings: CHECKED });
    expect(told.check('a', false)).toEqual([]);
  });
});
