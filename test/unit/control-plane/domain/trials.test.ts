import { TRIAL_PERMIT_EXPIRY_MS } from '../../../../control-plane/domain/trials.js';
import { nextDeadline } from '../../../../control-plane/domain/deadline.js';
import { snapshotOf } from '../../../../control-plane/domain/snapshot.js';
import { backendId } from '../../../../shared/ids.js';
import type { BreakerSettings } from '../../../../shared/settings.js';
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
  type Story,
} from '../../../support/domain.js';
import { HOST, worker } from '../../../support/workers.js';

const NAMES = ['a', 'b', 'c'].map((id) => definition(id));

function halfOpen(workers: readonly number[], over: Partial<BreakerSettings> = {}): Story {
  const told = storyOf(documentOf(poolSettings({ breaker: breaker(over) }), NAMES), workers);
  told.report('a', { failures: { reset: 5 } });
  letDue(told);
  return told;
}

function letDue(told: Story): void {
  const { breaker: state } = told.backend('a');
  if (state.phase !== 'open') throw new Error('not open');
  told.at = state.until;
  told.advance(0);
}

/** Permits that workers see in their snapshot. */
function listed(told: Story) {
  const snapshot = snapshotOf(told.world, { version: 1, at: told.at, host: HOST });
  return snapshot?.pools[0]?.backends.find((backend) => backend.id === 'a')?.permits ?? [];
}

/** Those that may still be used. */
function offered(told: Story) {
  return listed(told).filter((one) => one.spent !== true);
}

function permits(told: Story): readonly number[] {
  return offered(told).map((one) => one.permit);
}

function out(told: Story): number {
  return told.world.observations.pools.get(POOL)?.get(backendId('a'))?.trials?.permits.length ?? 0;
}

describe('trial permits', () => {
  it('are dealt to the workers in turn, no more than the limit', () => {
    expect(offered(halfOpen([4, 7])).map((one) => one.worker)).toEqual([4, 7, 4]);
    expect(offered(halfOpen([4], { halfOpenLimit: 1 }))).toHaveLength(1);
  });

  it('go on in turn with the worker after the last', () => {
    const told = halfOpen([4, 7]);
    const [first] = permits(told);
    told.trial('a', { permit: first ?? 0, returned: true }, 4);
    expect(offered(told).map((one) => one.worker)).toEqual([7, 4, 7]);
  });

  it('carry numbers that no earlier primary gave', () => {
    const told = halfOpen([1]);
    expect(permits(told)).toEqual([1, 2, 3]);
  });

  it('wait for a worker where none is ready', () => {
    const told = halfOpen([]);
    expect(offered(told)).toEqual([]);
    told.when({ type: 'RecordWorkerReady', worker: worker(9) });
    expect(offered(told).map((one) => one.worker)).toEqual([9, 9, 9]);
  });

  it('stay out while the exchange goes on, though its result is known', () => {
    const told = halfOpen([1], { halfOpenSuccesses: 5 });
    const [first = 0] = permits(told);
    told.trial('a', { permit: first, result: 'success' });
    expect(permits(told)).not.toContain(first);
    expect(out(told)).toBe(3);
    told.trial('a', { permit: first, returned: true });
    expect(permits(told)).toHaveLength(3);
  });

  it('count one result each', () => {
    const told = halfOpen([1], { halfOpenSuccesses: 2 });
    const [first = 0] = permits(told);
    told.trial('a', { permit: first, result: 'success' });
    expect(told.trial('a', { permit: first, result: 'success' })).toEqual([]);
    expect(told.trial('a', { permit: first, result: 'failure', returned: true })).toEqual([]);
    expect(told.backend('a').breaker.phase).toBe('half-open');
  });

  it('say in the evidence why the one that failed did', () => {
    const told = halfOpen([1]);
    const [first = 0] = permits(told);
    const failed = {
      permit: first,
      result: 'failure',
      reason: 'status',
      status: 503,
      returned: true,
    } as const;
    const { data } = only(told.trial('a', failed), 'BreakerOpened');
    expect(data.evidence).toEqual({ kind: 'trial-failed', worker: worker(1), reason: 'status', status: 503 });
  });

  it('are taken without a cause, too, from a worker that told none', () => {
    const told = halfOpen([1]);
    const [first = 0] = permits(told);
    const { data } = only(told.trial('a', { permit: first, result: 'failure' }), 'BreakerOpened');
    expect(data.evidence).toEqual({ kind: 'trial-failed', worker: worker(1) });
  });

  it('mean nothing in the hands of another worker, or when nothing is said of them', () => {
    const told = halfOpen([1, 2]);
    const [first = 0] = permits(told);
    const before = told.world;
    told.trial('a', { permit: first, result: 'failure', returned: true }, 2);
    told.trial('a', { permit: first }, 1);
    told.trial('a', { permit: 12_345, result: 'failure', returned: true }, 1);
    expect(told.world).toBe(before);
  });

  it('come back when their worker ends, and go to those that are left', () => {
    const told = halfOpen([1, 2]);
    told.when({ type: 'RecordWorkerExited', worker: worker(1), pid: 1, reason: 'SIGKILL', expected: false });
    expect(offered(told).map((one) => one.worker)).toEqual([2, 2, 2]);
  });

  it('are listed in every phase until they are back, so that a worker that never saw one returns it', () => {
    const told = halfOpen([1, 2], { halfOpenLimit: 2 });
    const [first = 0, second = 0] = permits(told);
    told.trial('a', { permit: first, result: 'failure', returned: true });
    expect(listed(told)).toEqual([{ permit: second, worker: 2, spent: true }]);
    told.trial('a', { permit: second, returned: true }, 2);
    expect(listed(told)).toEqual([]);
  });

  it('of an earlier phase count against the limit until they are back', () => {
    const told = halfOpen([1]);
    const [first = 0, second = 0] = permits(told);
    told.trial('a', { permit: first, result: 'failure', returned: true });
    expect(offered(told)).toEqual([]);
    letDue(told);
    expect(offered(told)).toHaveLength(1);
    expect(out(told)).toBe(3);
    // The late success of an old trial closes nothing; its return frees its place.
    expect(told.trial('a', { permit: second, result: 'success', returned: true })).toEqual([]);
    expect(offered(told)).toHaveLength(2);
  });

  it('are not given while the backend may not be tried', () => {
    const settings = poolSettings({
      breaker: breaker(),
      healthCheck: healthCheck({ failureThreshold: 1, successThreshold: 1 }),
    });
    const told = storyOf(documentOf(settings, NAMES));
    for (const id of ['a', 'b', 'c']) told.check(id, true);
    told.report('a', { failures: { reset: 5 } });
    told.check('a', false);
    letDue(told);
    expect(offered(told)).toEqual([]);
    expect(typesOf(told.check('a', true))).toEqual(['BackendBecameHealthy']);
    expect(offered(told)).toHaveLength(3);
  });

  it('are not given at weight 0, which no new traffic may go to, but as soon as there is some', () => {
    const told = halfOpen([1]);
    const change = {
      type: 'ChangeBackend',
      pool: POOL,
      backend: backendId('a'),
      expectedVersion: null,
    } as const;
    told.when({ ...change, changes: { weight: 0 } });
    for (const permit of permits(told)) told.trial('a', { permit, returned: true });
    expect(offered(told)).toEqual([]);
    told.when({ ...change, changes: { weight: 1 } });
    expect(offered(told)).toHaveLength(3);
  });

  it('are given up after an hour, no sooner', () => {
    const told = halfOpen([1]);
    const lost = permits(told);
    expect(nextDeadline(told.world)).toBe(told.at + TRIAL_PERMIT_EXPIRY_MS);
    told.advance(TRIAL_PERMIT_EXPIRY_MS - 1);
    expect(permits(told)).toEqual(lost);
    told.advance(1);
    expect(permits(told)).toHaveLength(3);
    for (const permit of lost) expect(permits(told)).not.toContain(permit);
  });

  it('are given anew by the next primary', () => {
    const told = halfOpen([1]);
    told.when({ type: 'StartPrimary', version: '0.1.0', pid: 2 });
    expect(told.backend('a').breaker.phase).toBe('half-open');
    told.when({ type: 'RecordWorkerReady', worker: worker(1) });
    expect(permits(told)).toEqual([4, 5, 6]);
  });

  it('are not added to when the limit is lowered while more are out', () => {
    const told = halfOpen([1]);
    const settings = poolSettings({ breaker: breaker({ halfOpenLimit: 1 }) });
    told.when({ type: 'ChangePool', pool: POOL, settings, expectedVersion: null });
    const [first = 0, second = 0, third = 0] = permits(told);
    told.trial('a', { permit: first, returned: true });
    told.trial('a', { permit: second, returned: true });
    expect(permits(told)).toEqual([third]);
    told.trial('a', { permit: third, returned: true });
    expect(permits(told)).toHaveLength(1);
  });
});
