import { backendId } from '../../../../shared/ids.js';
import type { BreakerSettings } from '../../../../shared/settings.js';
import {
  breaker,
  definition,
  documentOf,
  only,
  POOL,
  poolSettings,
  storyOf,
  typesOf,
} from '../../../support/domain.js';
import { worker } from '../../../support/workers.js';

/** Enough backends that one ejection is no panic. */
function guarded(over: Partial<BreakerSettings> = {}, workers: readonly number[] = [1]) {
  const settings = poolSettings({ breaker: breaker(over) });
  return storyOf(documentOf(settings, [definition('a'), definition('b'), definition('c')]), workers);
}

function opened(over: Partial<BreakerSettings> = {}, workers: readonly number[] = [1]) {
  const told = guarded(over, workers);
  told.report('a', { failures: { reset: 5 } });
  return told;
}

function untilDue(told: ReturnType<typeof guarded>): void {
  const { breaker: state } = told.backend('a');
  if (state.phase !== 'open') throw new Error('not open');
  told.at = state.until;
}

describe('a closed breaker', () => {
  it('opens at the threshold, with its window as evidence', () => {
    const told = guarded();
    expect(told.report('a', { successes: 2, failures: { reset: 3 } })).toEqual([]);
    told.at += 1_000;
    const { data, cause } = only(told.report('a', { failures: { timeout: 2 } }), 'BreakerOpened');
    expect(cause).toEqual({ command: 'RecordOutcomes', id: 5 });
    expect(data).toMatchObject({ from: 'closed', openings: 1 });
    expect(data.evidence).toMatchObject({
      kind: 'window',
      successes: 2,
      failures: 5,
      failureThreshold: 5,
      failureRatio: 0.5,
      buckets: [{ failures: { reset: 3 } }, { failures: { timeout: 2 } }],
    });
    expect(data.until - told.at).toBeGreaterThanOrEqual(24_000);
    expect(data.until - told.at).toBeLessThanOrEqual(36_000);
  });

  it('stays closed below the ratio, however many fail, and opens at it exactly', () => {
    const told = guarded({ failureRatio: 0.5 });
    expect(told.report('a', { successes: 11, failures: { status: 10 } })).toEqual([]);
    expect(typesOf(told.report('a', { failures: { status: 1 } }))).toEqual(['BreakerOpened']);
  });

  it('forgets what has left the window', () => {
    const told = guarded({ windowMs: 10_000 });
    told.report('a', { failures: { reset: 4 } });
    told.at += 10_000;
    expect(told.report('a', { failures: { reset: 4 } })).toEqual([]);
  });

  it('counts each backend by itself', () => {
    const told = guarded();
    told.report('a', { failures: { reset: 4 } });
    expect(told.report('b', { failures: { reset: 4 } })).toEqual([]);
  });

  it('learns nothing from an empty report, or one about a backend that is gone', () => {
    const told = guarded();
    const before = told.world;
    told.report('a', {});
    const gone = { pool: POOL, generation: 0, successes: 0, failures: { reset: 9 }, trials: [] };
    told.when({
      type: 'RecordOutcomes',
      worker: worker(1),
      outcomes: [{ ...gone, backend: backendId('a') }],
    });
    told.when({
      type: 'RecordOutcomes',
      worker: worker(1),
      outcomes: [{ ...gone, backend: backendId('x') }],
    });
    expect(told.world).toBe(before);
  });
});

describe('an open breaker', () => {
  it('is not moved by requests that were under way', () => {
    const told = opened();
    const before = told.world;
    expect(told.report('a', { failures: { reset: 50 } })).toEqual([]);
    expect(told.report('a', { successes: 50 })).toEqual([]);
    expect(told.world).toBe(before);
  });

  it('half-opens when its time has come, and not before', () => {
    const told = opened();
    untilDue(told);
    told.at -= 1;
    expect(told.advance(0)).toEqual([]);
    const { data } = only(told.advance(1), 'BreakerHalfOpened');
    expect(data).toEqual({
      openedAt: told.events.find((event) => event.type === 'BreakerOpened')?.at,
      limit: 3,
    });
  });

  it('stays open twice as long each time its trials fail', () => {
    const told = opened({ halfOpenLimit: 1 });
    const durations: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const { breaker: state } = told.backend('a');
      durations.push(state.phase === 'open' ? state.until - state.since : 0);
      untilDue(told);
      told.advance(0);
      const permit = told.world.observations.nextPermit - 1;
      const { data } = only(told.trial('a', { permit, result: 'failure', returned: true }), 'BreakerOpened');
      expect(data).toMatchObject({
        from: 'half-open',
        openings: round + 2,
        evidence: { kind: 'trial-failed', worker: worker(1) },
      });
    }
    const growth = durations.map((ms, round) => ms / Math.min(30_000 * 2 ** round, 300_000));
    for (const share of growth) expect(Math.abs(share - 1)).toBeLessThanOrEqual(0.2001);
  });

  it('closes when the breaker is taken out of the settings, and forgets its openings', () => {
    const told = opened();
    const settings = poolSettings();
    const events = told.when({ type: 'ChangePool', pool: POOL, settings, expectedVersion: null });
    expect(typesOf(events)).toEqual(['PoolSettingsChanged', 'BreakerClosed']);
    expect(events[1]?.data).toEqual({ from: 'open', cause: 'disabled', successes: 0 });
    expect(events[1]?.cause.event).toBe(events[0]?.seq);
    expect(told.backend('a').breaker).toMatchObject({ phase: 'closed', openings: 0 });
    told.when({
      type: 'ChangePool',
      pool: POOL,
      settings: poolSettings({ breaker: breaker() }),
      expectedVersion: null,
    });
    expect(told.report('a', { failures: { reset: 4 } })).toEqual([]);
  });
});

describe('a half-open breaker', () => {
  function halfOpen(over: Partial<BreakerSettings> = {}) {
    const told = opened(over);
    untilDue(told);
    told.advance(0);
    return told;
  }

  it('closes after enough successful trials, with an empty window', () => {
    const told = halfOpen();
    const first = told.world.observations.nextPermit - 3;
    expect(told.trial('a', { permit: first, result: 'success', returned: true })).toEqual([]);
    expect(told.trial('a', { permit: first + 1, result: 'success', returned: true })).toEqual([]);
    const event = only(
      told.trial('a', { permit: first + 2, result: 'success', returned: true }),
      'BreakerClosed',
    );
    expect(event.data).toEqual({ from: 'half-open', cause: 'trials', successes: 3 });
    expect(told.report('a', { failures: { reset: 4 } })).toEqual([]);
  });

  it('remembers its openings for a while after closing', () => {
    const told = halfOpen({ halfOpenSuccesses: 1 });
    told.trial('a', { permit: told.world.observations.nextPermit - 1, result: 'success', returned: true });
    told.at += 29_000;
    expect(only(told.report('a', { failures: { reset: 5 } }), 'BreakerOpened').data.openings).toBe(2);
  });

  it('is not moved by traffic that is no trial', () => {
    const told = halfOpen();
    const before = told.world.state;
    told.report('a', { successes: 50 });
    told.report('a', { failures: { reset: 50 } });
    expect(told.world.state).toBe(before);
  });
});
