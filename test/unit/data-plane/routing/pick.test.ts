import {
  attemptFinished,
  attemptStarted,
  pick,
  pickBound,
  takeUnusedPermits,
} from '../../../../data-plane/routing/pick.js';
import { seededRandom } from '../../../../shared/prng.js';
import { TRIAL_PERMIT_USE_MS } from '../../../../shared/snapshot.js';
import { aBackend, aPool, aPoolTable, aSnapshot, poolOf, tableOf } from '../../../support/routing-fixture.js';

const random = seededRandom(7);
const onTrial = (id: string, permits: number[], given = {}) =>
  aBackend(id, {
    availability: 'trial',
    permits: permits.map((permit) => ({ permit, worker: 0 })),
    ...given,
  });

describe('pick', () => {
  it('uses each permit for one request, then goes on as usual', () => {
    const pool = aPoolTable([aBackend('a'), onTrial('b', [11, 12])]);
    const picked = Array.from({ length: 4 }, () => pick(pool, [], random));
    expect(picked.map((one) => [one?.backend.id, one?.permit])).toEqual([
      ['b', 11],
      ['b', 12],
      ['a', null],
      ['a', null],
    ]);
  });

  it('leaves the permits of other workers alone', () => {
    const pool = aPoolTable([aBackend('a'), onTrial('b', [], { permits: [{ permit: 1, worker: 3 }] })]);
    expect(pick(pool, [], random)?.backend.id).toBe('a');
  });

  it('makes a request that failed once a trial only when nothing else is left', () => {
    const pool = aPoolTable([aBackend('a'), aBackend('b'), onTrial('c', [1])]);
    const [a, b, c] = pool.backends;
    expect(pick(pool, [a!], random)).toEqual({ backend: b, permit: null });
    expect(pick(pool, [a!, b!], random)).toEqual({ backend: c, permit: 1 });
    expect(pick(pool, [a!, b!], random)).toBeNull();
  });

  it('does not try a backend twice for the sake of a permit', () => {
    const pool = aPoolTable([onTrial('a', [1]), onTrial('b', [2])]);
    const [a, b] = pool.backends;
    expect(pick(pool, [a!], random)).toEqual({ backend: b, permit: 2 });
    expect(pick(pool, [a!], random)).toBeNull();
  });

  it('sends no trial to a backend of weight 0', () => {
    expect(pick(aPoolTable([onTrial('a', [1], { weight: 0 })]), [], random)).toBeNull();
  });

  it('sends no trial where the operator wants no traffic', () => {
    for (const availability of ['maintenance', 'draining', 'unhealthy'] as const) {
      expect(pick(aPoolTable([onTrial('a', [1], { availability })]), [], random)).toBeNull();
    }
  });

  it('serves through ejected and half-open backends in panic, and makes use of permits', () => {
    const pool = aPoolTable(
      [aBackend('a', { availability: 'ejected' }), onTrial('b', [5])],
      { panic: true },
      { random: () => 0 },
    );
    const [a, b] = pool.backends;
    expect([1, 2, 3, 4].map(() => pick(pool, [], random))).toEqual([
      { backend: a, permit: null },
      { backend: b, permit: 5 },
      { backend: a, permit: null },
      { backend: b, permit: null },
    ]);
    expect(pick(pool, [a!, b!], random)).toBeNull();
  });

  it('counts attempts that are under way', () => {
    const [a] = aPoolTable([aBackend('a')]).backends;
    attemptStarted(a!);
    expect(a!.load.own).toBe(1);
    attemptFinished(a!);
    expect(a!.load.own).toBe(0);
  });
});

describe('a bound session', () => {
  it('stays while its backend may serve it, at any weight', () => {
    const pool = aPoolTable([aBackend('a', { weight: 0 }), aBackend('b', { availability: 'draining' })]);
    for (const backend of pool.backends) {
      expect(pickBound(pool, backend, [])).toEqual({ backend, permit: null });
    }
  });

  it('leaves a backend that is out or was tried', () => {
    const pool = aPoolTable([aBackend('a', { availability: 'unhealthy' }), aBackend('b')]);
    const [a, b] = pool.backends;
    expect(pickBound(pool, a!, [])).toBeNull();
    expect(pickBound(pool, b!, [b!])).toBeNull();
  });

  it('is its half-open backend’s trial while there are permits', () => {
    const pool = aPoolTable([aBackend('x'), onTrial('a', [1]), onTrial('b', [2])]);
    const b = pool.backends[2]!;
    expect(pickBound(pool, b, [])).toEqual({ backend: b, permit: 2 });
    expect(pickBound(pool, b, [])).toBeNull();
    expect(pick(pool, [], random)?.permit).toBe(1);
  });
});

describe('an unused permit', () => {
  const snapshot = aSnapshot([aPool([onTrial('a', [1]), onTrial('b', [2, 3], { weight: 0 })])]);

  it('goes back once it was held for its time, and is then of no use', () => {
    const table = tableOf(snapshot, { at: 5_000 });
    expect(takeUnusedPermits(table, 5_000 + TRIAL_PERMIT_USE_MS - 1)).toEqual([]);
    const [a, b] = poolOf(table).backends;
    expect(takeUnusedPermits(table, 5_000 + TRIAL_PERMIT_USE_MS)).toEqual([
      { backend: a, permit: 1 },
      { backend: b, permit: 2 },
      { backend: b, permit: 3 },
    ]);
    expect(pick(poolOf(table), [], random)).toBeNull();
    expect(takeUnusedPermits(table, 99_000)).toEqual([]);
  });

  it('keeps its age when it comes again in later snapshots', () => {
    const first = tableOf(snapshot, { at: 0 });
    const second = tableOf({ ...snapshot, version: 2 }, { at: 900 }, first);
    const returned = takeUnusedPermits(second, TRIAL_PERMIT_USE_MS);
    expect(returned.map(({ permit }) => permit)).toEqual([1, 2, 3]);
    // The entries are those of the newest table.
    expect(returned[0]?.backend).toBe(poolOf(second).backends[0]);
  });
});
