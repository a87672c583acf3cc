import { trafficOf } from '../../../../shared/availability.js';
import { mayForward, sameForWorkers, snapshotOf } from '../../../../control-plane/domain/snapshot.js';
import { nextDeadline } from '../../../../control-plane/domain/deadline.js';
import { backendId } from '../../../../shared/ids.js';
import { defaultsOf } from '../../../../shared/settings/complete.js';
import { queue as queueSettings } from '../../../../shared/settings/pool.js';
import {
  breaker,
  definition,
  documentOf,
  EMPTY_WORLD,
  healthCheck,
  POOL,
  poolSettings,
  storyOf,
} from '../../../support/domain.js';
import { HOST, worker } from '../../../support/workers.js';

const SETTINGS = poolSettings({ breaker: breaker(), healthCheck: healthCheck() });

function arranged() {
  const told = storyOf(documentOf(SETTINGS, [definition('a'), definition('b'), definition('c')]));
  for (const id of ['a', 'b', 'c']) told.check(id, true);
  return told;
}

describe('snapshotOf', () => {
  it('is nothing before the first configuration', () => {
    expect(mayForward(EMPTY_WORLD)).toBe(false);
    expect(mayForward(arranged().world)).toBe(true);
  });

  it('has all that workers need', () => {
    const told = arranged();
    const snapshot = snapshotOf(told.world, { version: 7, at: 99, host: HOST });
    expect(snapshot).toMatchObject({ epoch: 1, version: 7, seq: told.world.state.seq, at: 99 });
    expect(snapshot.routes).toEqual([{ host: null, pathPrefix: '/', pool: POOL }]);
    expect(snapshot.pools[0]).toMatchObject({
      id: POOL,
      algorithm: 'round-robin',
      sticky: null,
      panic: false,
    });
    expect(snapshot.pools[0]?.version).toBe(told.pool().version);
    expect(snapshot.pools[0]?.backends[0]).toEqual({
      ...definition('a'),
      availability: 'available',
      admin: 'ready',
      generation: told.backend('a').generation,
      permits: [],
    });
  });

  it('has the settings that workers use, as they are, and none that only the primary uses', () => {
    const timeouts = { responseHeadMs: 100 };
    const told = storyOf(documentOf({ ...SETTINGS, timeouts }, [definition('a')]));
    const [pool] = snapshotOf(told.world, { version: 1, at: 1, host: HOST }).pools;
    expect(pool).toMatchObject({ queue: SETTINGS.queue, timeouts });
    const others = ['breaker', 'healthCheck', 'maxConnections', 'retry'];
    expect(Object.keys(pool ?? {}).filter((key) => others.includes(key))).toEqual([]);
  });

  it('gives each backend its own connection limit, else that of its pool', () => {
    const queue = { maxPending: 0, timeoutMs: 1 };
    const settings = poolSettings({ maxConnections: 6, queue });
    const told = storyOf(documentOf(settings, [definition('a', { maxConnections: 2 }), definition('b')]));
    const [pool] = snapshotOf(told.world, { version: 1, at: 1, host: HOST })?.pools ?? [];
    expect(pool?.queue).toEqual(queue);
    expect(pool?.backends.map((one) => one.maxConnections)).toEqual([2, 6]);
  });

  it('lists the permits of the workers of its host, by their numbers', () => {
    const settings = poolSettings({ breaker: breaker() });
    const told = storyOf(documentOf(settings, [definition('a'), definition('b')]), [1]);
    told.when({ type: 'RecordWorkerReady', worker: { host: 'lb-2', n: 1 } });
    told.report('a', { failures: { reset: 5 } });
    told.advance(600_000);
    const permits = (host: string) =>
      snapshotOf(told.world, { version: 1, at: 1, host }).pools[0]?.backends[0]?.permits;
    expect(permits(HOST)).toEqual([
      { permit: 1, worker: 1 },
      { permit: 3, worker: 1 },
    ]);
    expect(permits('lb-2')).toEqual([{ permit: 2, worker: 1 }]);
    expect(permits('lb-3')).toEqual([]);
  });

  it('names no limit where there is none, and the default queue', () => {
    const [pool] = snapshotOf(arranged().world, { version: 1, at: 1, host: HOST })?.pools ?? [];
    expect(pool?.queue).toEqual(defaultsOf(queueSettings));
    expect(pool?.backends[0]).not.toHaveProperty('maxConnections');
  });

  it('lets a draining backend with an open breaker serve no more than its sessions in panic', () => {
    const told = arranged();
    const change = {
      type: 'ChangeBackend',
      pool: POOL,
      backend: backendId('a'),
      expectedVersion: null,
    } as const;
    told.when({ ...change, admin: 'draining' });
    told.report('a', { failures: { reset: 5 } });
    const backends = () => snapshotOf(told.world, { version: 1, at: 1, host: HOST }).pools[0]?.backends ?? [];
    expect(backends().map(({ availability }) => availability)).toEqual(['ejected', 'available', 'available']);
    for (const id of ['b', 'c']) told.report(id, { failures: { reset: 5 } });
    expect(told.pool().panic).toBe(true);
    const [draining, ...others] = backends().map((one) => trafficOf(one, true));
    expect(draining).toEqual({ serves: false, keepsSessions: true, takesTrials: false });
    for (const other of others) expect(other).toMatchObject({ serves: true, keepsSessions: true });
  });
});

describe('sameForWorkers', () => {
  it('is true of what only the control plane sees', () => {
    const told = arranged();
    const before = told.world;
    told.check('a', false);
    told.report('a', { successes: 3, failures: { reset: 1 } });
    told.when({ type: 'RecordWorkerStarted', worker: worker(5), pid: 5 });
    expect(told.world).not.toBe(before);
    expect(sameForWorkers(before, told.world)).toBe(true);
  });

  it('is false of a change of any backend, of a permit granted, and of a new epoch', () => {
    const told = arranged();
    const before = told.world;
    told.report('a', { failures: { reset: 5 } });
    expect(sameForWorkers(before, told.world)).toBe(false);
    told.at = nextDeadline(told.world) ?? 0;
    told.advance(0);
    const halfOpen = told.world;
    told.trial('a', { permit: told.world.observations.nextPermit - 1, returned: true });
    expect(sameForWorkers(halfOpen, told.world)).toBe(false);
    const last = told.world;
    told.when({ type: 'StartPrimary', version: '1', pid: 1 });
    expect(sameForWorkers(last, told.world)).toBe(false);
  });

  it('is false of routes and forwarding', () => {
    const told = arranged();
    const before = told.world;
    const document = documentOf(
      SETTINGS,
      ['a', 'b', 'c'].map((id) => definition(id)),
      [],
    );
    told.apply(document);
    expect(sameForWorkers(before, told.world)).toBe(false);
    const routed = told.world;
    told.apply({ ...document, forwarding: { ...document.forwarding, metricsPath: null } });
    expect(sameForWorkers(routed, told.world)).toBe(false);
  });
});
