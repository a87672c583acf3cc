import {
  boundIn,
  takeSlot,
  takeBoundSlot,
  takeSlotFor,
  isBusy,
} from '../../../../data-plane/routing/take-slot.js';
import { attemptFinished } from '../../../../data-plane/routing/pick.js';
import { backendId } from '../../../../shared/ids.js';
import { seededRandom } from '../../../../shared/prng.js';
import { ALGORITHMS } from '../../../../shared/settings/algorithms.js';
import { aBackend, aPoolTable } from '../../../support/routing-fixture.js';

const random = seededRandom(3);
const limited = (id: string, maxConnections: number, given = {}) =>
  aBackend(id, { maxConnections, ...given });
const bound = (id: string) => ({ tried: [], bound: backendId(id) });
const ANY = { tried: [], bound: null };

describe.each(ALGORITHMS)('a slot taken by %s', (algorithm) => {
  it('takes a slot, passes over backends that are full, and is none when all are', () => {
    const pool = aPoolTable([limited('a', 1), limited('b', 3), limited('c', 2)], { algorithm });
    for (let i = 0; i < 6; i += 1) expect(takeSlot(pool, [], random)).not.toBeNull();
    expect(pool.backends.map(({ load }) => load.own)).toEqual([1, 3, 2]);
    expect(takeSlot(pool, [], random)).toBeNull();
    expect(isBusy(pool, ANY)).toBe(true);
  });

  it('goes where a slot became free', () => {
    const pool = aPoolTable([limited('a', 1), limited('b', 1), limited('c', 1)], { algorithm });
    for (let i = 0; i < 3; i += 1) takeSlot(pool, [], random);
    for (const entry of pool.backends) {
      attemptFinished(entry);
      expect(takeSlot(pool, [], random)?.backend).toBe(entry);
      expect(takeSlot(pool, [], random)).toBeNull();
    }
  });

  it('is shared among the workers', () => {
    const pool = aPoolTable([limited('a', 9)], { algorithm }, { workers: 4 });
    expect(takeSlot(pool, [], random)?.backend.id).toBe('a');
    expect(takeSlot(pool, [], random)?.backend.id).toBe('a');
    expect(takeSlot(pool, [], random)).toBeNull();
  });

  it('tries neither what is full nor what was tried', () => {
    const pool = aPoolTable([limited('a', 1), limited('b', 1), aBackend('c')], { algorithm });
    const [a, , c] = pool.backends;
    expect(takeSlot(pool, [a!, c!], random)?.backend.id).toBe('b');
    expect(takeSlot(pool, [c!], random)?.backend.id).toBe('a');
    expect(takeSlot(pool, [c!], random)).toBeNull();
    expect(isBusy(pool, { tried: [c!], bound: null })).toBe(true);
    expect(isBusy(pool, { tried: [...pool.backends], bound: null })).toBe(false);
  });
});

describe('a pool', () => {
  it('is not busy where nothing serves', () => {
    const pool = aPoolTable([limited('a', 1, { availability: 'unhealthy' }), limited('b', 1, { weight: 0 })]);
    expect(takeSlot(pool, [], random)).toBeNull();
    expect(isBusy(pool, ANY)).toBe(false);
  });

  it('sends no trial to a backend that is full, and keeps its permits', () => {
    const permits = [1, 2].map((permit) => ({ permit, worker: 0 }));
    const trial = limited('a', 1, { availability: 'trial', permits });
    const pool = aPoolTable([trial]);
    expect(takeSlot(pool, [], random)?.permit).toBe(1);
    expect(takeSlot(pool, [], random)).toBeNull();
    attemptFinished(pool.backends[0]!);
    expect(takeSlot(pool, [], random)?.permit).toBe(2);
  });
});

describe('what a session wants', () => {
  it('is its backend and nothing else, as long as that may serve it', () => {
    const pool = aPoolTable([limited('a', 1, { availability: 'draining' }), aBackend('b')]);
    const [a] = pool.backends;
    expect(takeSlotFor(pool, bound('a'), random)?.backend).toBe(a);
    expect(takeSlotFor(pool, bound('a'), random)).toBeNull();
    expect(takeBoundSlot(pool, a!, [])).toBeNull();
    expect(isBusy(pool, bound('a'))).toBe(true);
  });

  it('is any backend once its own is gone, out or tried', () => {
    const pool = aPoolTable([limited('a', 1, { availability: 'unhealthy' }), aBackend('b')]);
    const [a, b] = pool.backends;
    expect(takeSlotFor(pool, bound('a'), random)?.backend).toBe(b);
    expect(takeSlotFor(pool, bound('gone'), random)?.backend).toBe(b);
    expect(boundIn(pool, { tried: [b!], bound: b!.id })).toBeNull();
    expect(boundIn(pool, { tried: [a!], bound: b!.id })).toBe(b);
    expect(isBusy(pool, { tried: [b!], bound: a!.id })).toBe(false);
  });
});
