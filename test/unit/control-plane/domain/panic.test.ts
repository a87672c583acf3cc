import { mustPanic } from '../../../../control-plane/domain/panic.js';
import { nextDeadline } from '../../../../control-plane/domain/deadline.js';
import { backendId } from '../../../../shared/ids.js';
import {
  breaker,
  definition,
  documentOf,
  healthCheck,
  only,
  POOL,
  poolSettings,
  storyOf,
  typesOf,
} from '../../../support/domain.js';
import { worker } from '../../../support/workers.js';

const GUARDED = poolSettings({ breaker: breaker({ maxEjectionPercent: 50 }) });

function pool(names: readonly string[]) {
  return storyOf(
    documentOf(
      GUARDED,
      names.map((id) => definition(id)),
    ),
  );
}

describe('mustPanic', () => {
  it.each([
    ['at the limit, not yet', { ready: 4, available: 2, ejected: 2 }, false],
    ['past the limit', { ready: 5, available: 2, ejected: 3 }, true],
    ['none left but ejected ones', { ready: 4, available: 0, ejected: 1 }, true],
    ['none left, and none ejected', { ready: 4, available: 0, ejected: 0 }, false],
    ['nothing there', { ready: 0, available: 0, ejected: 0 }, false],
  ])('%s', (_name, tally, expected) => {
    expect(mustPanic(tally, GUARDED)).toBe(expected);
    expect(mustPanic(tally, poolSettings())).toBe(false);
  });

  it('with a limit of 0 one ejection is enough, with 100 only the last is', () => {
    const tally = { ready: 9, available: 8, ejected: 1 };
    expect(mustPanic(tally, poolSettings({ breaker: breaker({ maxEjectionPercent: 0 }) }))).toBe(true);
    const nearly = { ready: 9, available: 1, ejected: 8 };
    expect(mustPanic(nearly, poolSettings({ breaker: breaker({ maxEjectionPercent: 100 }) }))).toBe(false);
  });
});

describe('panic', () => {
  it('is entered by the ejection that is too many, and names it as its cause', () => {
    const told = pool(['a', 'b', 'c']);
    expect(typesOf(told.report('a', { failures: { reset: 5 } }))).toEqual(['BreakerOpened']);
    const events = told.report('b', { failures: { reset: 5 } });
    expect(typesOf(events)).toEqual(['BreakerOpened', 'PanicEntered']);
    const entered = only(events, 'PanicEntered');
    expect(entered.data).toEqual({ ready: 3, ejected: 2, maxEjectionPercent: 50 });
    expect(entered.cause.event).toBe(events[0]?.seq);
    expect(told.pool().panic).toBe(true);
  });

  it('is left when a breaker closes, a backend is added, or the breaker is taken away', () => {
    const added = pool(['a', 'b', 'c']);
    added.report('a', { failures: { reset: 5 } });
    added.report('b', { failures: { reset: 5 } });
    const backend = definition('d');
    const add = { type: 'AddBackend', pool: POOL, backend, expectedVersion: null } as const;
    expect(typesOf(added.when(add))).toEqual(['BackendAdded', 'PanicLeft']);

    const disabled = pool(['a']);
    disabled.report('a', { failures: { reset: 5 } });
    const events = disabled.when({
      type: 'ChangePool',
      pool: POOL,
      settings: poolSettings(),
      expectedVersion: null,
    });
    expect(typesOf(events)).toEqual(['PoolSettingsChanged', 'BreakerClosed', 'PanicLeft']);
  });

  it('counts only backends that are out for no other reason', () => {
    const told = storyOf(
      documentOf({ ...GUARDED, healthCheck: healthCheck({ failureThreshold: 1 }) }, [
        definition('a'),
        definition('b'),
      ]),
    );
    told.check('a', true);
    told.check('b', true);
    told.report('a', { failures: { reset: 5 } });
    expect(typesOf(told.check('b', false))).toEqual(['BackendBecameUnhealthy', 'PanicEntered']);
    expect(typesOf(told.check('a', false))).toEqual(['BackendBecameUnhealthy', 'PanicLeft']);
  });

  it('ends with ordinary traffic as its trial: successes close the breaker', () => {
    const told = pool(['a']);
    told.report('a', { failures: { reset: 5 } });
    told.at = nextDeadline(told.world) ?? 0;
    expect(typesOf(told.advance(0))).toEqual(['BreakerHalfOpened']);
    expect(told.pool().panic).toBe(true);
    expect(told.world.observations.nextPermit).toBe(1);
    expect(told.report('a', { successes: 2 })).toEqual([]);
    expect(told.report('a', {})).toEqual([]);
    expect(typesOf(told.report('a', { successes: 1 }))).toEqual(['BreakerClosed', 'PanicLeft']);
  });

  it('goes on with ordinary traffic as its trial: a failure opens the breaker again', () => {
    const told = pool(['a']);
    told.report('a', { failures: { reset: 5 } });
    told.at = nextDeadline(told.world) ?? 0;
    told.advance(0);
    const { data } = only(
      told.report('a', { successes: 9, failures: { reset: 1, body: 2 } }, 4),
      'BreakerOpened',
    );
    expect(data).toMatchObject({
      from: 'half-open',
      openings: 2,
      evidence: { kind: 'trial-failed', worker: worker(4), reason: 'body' },
    });
  });

  it('gives permits once it is left', () => {
    const told = pool(['a']);
    told.report('a', { failures: { reset: 5 } });
    told.at = nextDeadline(told.world) ?? 0;
    told.advance(0);
    const before = told.world.observations.nextPermit;
    told.when({ type: 'AddBackend', pool: POOL, backend: definition('b'), expectedVersion: null });
    expect(told.pool().panic).toBe(false);
    expect(told.world.observations.nextPermit).toBe(before + 3);
    told.when({ type: 'RemoveBackend', pool: POOL, backend: backendId('b'), expectedVersion: null });
    expect(told.pool().panic).toBe(true);
  });
});
