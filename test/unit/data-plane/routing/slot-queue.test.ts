import { takeSlot, type PickOptions } from '../../../../data-plane/routing/take-slot.js';
import { attemptFinished, type Pick } from '../../../../data-plane/routing/pick.js';
import type { PoolTable, RoutingTable } from '../../../../data-plane/routing/routing-table.js';
import { backendId } from '../../../../shared/ids.js';
import { seededRandom } from '../../../../shared/prng.js';
import { defaultsOf } from '../../../../shared/settings/complete.js';
import { queue as queueSettings } from '../../../../shared/settings/pool.js';
import type { BackendSnapshot } from '../../../../shared/snapshot.js';
import { aBackend, aPool, aSnapshot, poolOf, tableOf } from '../../../support/routing-fixture.js';

const random = seededRandom(3);
const one = (id: string, given: Partial<BackendSnapshot> = {}) =>
  aBackend(id, { maxConnections: 1, ...given });
const bound = (id: string): PickOptions => ({ tried: [], bound: backendId(id) });
const ANY: PickOptions = { tried: [], bound: null };

/** A pool all of whose slots are taken, and who was served: `name: backend`, or why not. */
function full(...backends: readonly BackendSnapshot[]) {
  const table = tableOf(aSnapshot([aPool(backends)]));
  const pool = poolOf(table);
  while (takeSlot(pool, [], random) !== null);
  const served: string[] = [];
  const wait = (name: string, options: PickOptions) =>
    pool.queue.enter(pool, options, (result) => served.push(`${name}: ${nameOf(result)}`));
  return { table, pool, served, wait };
}

function nameOf(result: Pick | string): string {
  return typeof result === 'string' ? result : result.backend.id;
}

function tableAfter(table: RoutingTable, ...backends: readonly BackendSnapshot[]): RoutingTable {
  return tableOf(aSnapshot([aPool(backends)], { version: table.version + 1 }), {}, table);
}

function after(table: RoutingTable, ...backends: readonly BackendSnapshot[]): PoolTable {
  return poolOf(tableAfter(table, ...backends));
}

describe('requests that wait for room', () => {
  it('are served in the order of their arrival', () => {
    const { pool, served, wait } = full(one('a'), one('b'));
    for (const name of ['first', 'second', 'third']) wait(name, ANY);
    const [a, b] = pool.backends;
    attemptFinished(b!);
    attemptFinished(a!);
    expect(served).toEqual(['first: b', 'second: a']);
    expect(pool.queue.size).toBe(1);
    expect([a!.load.own, b!.load.own]).toEqual([1, 1]);
  });

  it('pass over what they have tried, and leave it to the next', () => {
    const { pool, served, wait } = full(one('a'), one('b'));
    const [a, b] = pool.backends;
    wait('retry', { tried: [a!], bound: null });
    wait('other', ANY);
    attemptFinished(a!);
    attemptFinished(b!);
    expect(served).toEqual(['other: a', 'retry: b']);
  });

  it('go anywhere once they have tried the backend of their session', () => {
    const { pool, served, wait } = full(one('a'), one('b'));
    const [a, b] = pool.backends;
    wait('retry', { tried: [a!], bound: a!.id });
    attemptFinished(a!);
    attemptFinished(b!);
    expect(served).toEqual(['retry: b']);
  });

  it('keep the place of a session at its backend', () => {
    const { pool, served, wait } = full(one('a'), one('b'));
    const [a, b] = pool.backends;
    wait('session', bound('b'));
    wait('other', ANY);
    attemptFinished(a!);
    attemptFinished(b!);
    expect(served).toEqual(['other: a', 'session: b']);
  });

  it('wait behind those that came before them, bound or not', () => {
    const { pool, served, wait } = full(one('a'));
    wait('any', ANY);
    wait('session', bound('a'));
    wait('late', ANY);
    for (let i = 0; i < 3; i += 1) attemptFinished(pool.backends[0]!);
    expect(served).toEqual(['any: a', 'session: a', 'late: a']);
  });

  it('leave a slot to a session where they may not use it', () => {
    const drained = one('a', { availability: 'draining' });
    const { pool, table, served, wait } = full(one('a'), one('b'));
    wait('any', ANY);
    wait('session', bound('a'));
    const next = after(table, drained, one('b'));
    attemptFinished(pool.backends[0]!);
    expect(served).toEqual(['session: a']);
    expect(next.queue.size).toBe(1);
  });

  it('may leave, once', () => {
    const { pool, served, wait } = full(one('a'));
    const first = wait('first', bound('a'));
    wait('second', bound('a'));
    pool.queue.leave(first);
    pool.queue.leave(first);
    expect(pool.queue.size).toBe(1);
    attemptFinished(pool.backends[0]!);
    expect(served).toEqual(['second: a']);
    pool.queue.leave(first);
    expect(pool.queue.size).toBe(0);
  });

  it('are as many as the settings of the pool allow', () => {
    const { table, pool, wait } = full(one('a'));
    expect(pool.queue.settings).toEqual(defaultsOf(queueSettings));
    const queue = { maxPending: 1, timeoutMs: 9 };
    const next = aSnapshot([aPool([one('a')], { queue })], { version: 2 });
    expect(poolOf(tableOf(next, {}, table)).queue).toBe(pool.queue);
    expect(pool.queue.admit(pool, ANY)).toBe(true);
    wait('first', ANY);
    expect([pool.queue.settings, pool.queue.admit(pool, ANY)]).toEqual([queue, false]);
  });

  it('give way to those of a shorter line where all places are taken, the last of the longest first', () => {
    const { pool, served, wait } = full(one('a'), one('b'));
    pool.queue.settings = { maxPending: 4, timeoutMs: 9 };
    const asks = (name: string, options: PickOptions) => {
      if (pool.queue.admit(pool, options)) wait(name, options);
      else served.push(`${name}: no place`);
    };
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) asks(name, bound('a'));
    asks('b1', bound('b'));
    asks('any', ANY);
    asks('b2', bound('b'));
    asks('any2', ANY);
    expect(served).toEqual([
      'a5: no place',
      'a4: queue_full',
      'a3: queue_full',
      'b2: no place',
      'any2: no place',
    ]);
    expect(pool.queue.size).toBe(4);
    const [a, b] = pool.backends;
    served.length = 0;
    for (const entry of [a!, a!, a!, b!]) attemptFinished(entry);
    expect(served).toEqual(['a1: a', 'a2: a', 'any: a', 'b1: b']);
  });

  it('keep their places while there are more of them than a lowered setting allows', () => {
    const { pool, served, wait } = full(one('a'), one('b'));
    for (const name of ['a1', 'a2', 'a3']) wait(name, bound('a'));
    pool.queue.settings = { maxPending: 2, timeoutMs: 9 };
    expect(pool.queue.admit(pool, bound('b'))).toBe(false);
    expect([served, pool.queue.size]).toEqual([[], 3]);
  });
});

describe('a newer table', () => {
  it('serves as many as a raised limit has room for', () => {
    const { table, served, wait } = full(one('a'));
    for (const name of ['first', 'second', 'third']) wait(name, ANY);
    const pool = after(table, one('a', { maxConnections: 3 }));
    expect(served).toEqual(['first: a', 'second: a']);
    expect(pool.backends[0]!.load.own).toBe(3);
  });

  it('serves those that wait when a backend comes, or has no limit any more', () => {
    const { table, served, wait } = full(one('a'));
    wait('first', ANY);
    const second = tableAfter(table, one('a'), one('b'));
    expect(served).toEqual(['first: b']);
    wait('second', ANY);
    wait('session', bound('a'));
    after(second, aBackend('a'), one('b'));
    expect(served).toEqual(['first: b', 'second: a', 'session: a']);
  });

  it('with a lower limit gives no slot away until there is one', () => {
    const { table, served, wait } = full(one('a', { maxConnections: 3 }));
    wait('first', ANY);
    const [a] = after(table, one('a', { maxConnections: 2 })).backends;
    attemptFinished(a!);
    expect(served).toEqual([]);
    attemptFinished(a!);
    expect(served).toEqual(['first: a']);
    expect(a!.load.own).toBe(2);
  });

  it('lets the sessions of a backend that left go anywhere, in their place', () => {
    const { table, pool, served, wait } = full(one('a'), one('b'));
    const [, b] = pool.backends;
    const session = wait('session', bound('a'));
    wait('any', ANY);
    const next = after(table, one('a', { availability: 'unhealthy' }), one('b'));
    attemptFinished(b!);
    expect(served).toEqual(['session: b']);
    next.queue.leave(session);
    expect(next.queue.size).toBe(1);
  });

  it('tells those that no backend is left for', () => {
    const { table, pool, served, wait } = full(one('a'), one('b'));
    const [a] = pool.backends;
    wait('retry', { tried: [a!], bound: null });
    wait('any', ANY);
    after(table, one('a'), one('b', { availability: 'maintenance' }));
    expect(served).toEqual(['retry: no_backend']);
    expect(pool.queue.size).toBe(1);
  });

  it('without the pool tells all of them', () => {
    const { table, pool, served, wait } = full(one('a'));
    wait('any', ANY);
    wait('session', bound('a'));
    tableOf(aSnapshot([], { version: 2 }), {}, table);
    expect(served).toEqual(['any: no_backend', 'session: no_backend']);
    expect(pool.queue.size).toBe(0);
    // The attempt under way ends as if nothing had been there.
    attemptFinished(pool.backends[0]!);
    expect(pool.backends[0]!.load.own).toBe(0);
  });

  it('hands nobody a slot of a backend that it does not have', () => {
    const { table, pool, served, wait } = full(one('a'), one('b'));
    wait('any', ANY);
    after(table, one('b'));
    attemptFinished(pool.backends[0]!);
    expect(served).toEqual([]);
    attemptFinished(pool.backends[1]!);
    expect(served).toEqual(['any: b']);
  });

  it('makes those a trial whose half-open backend has room and a permit', () => {
    const permits = [{ permit: 8, worker: 0 }];
    const { table, served, wait } = full(one('a'));
    wait('any', ANY);
    const trial = one('b', { availability: 'trial', permits });
    const pool = after(table, one('a'), trial);
    expect(served).toEqual(['any: b']);
    wait('second', ANY);
    attemptFinished(pool.backends[1]!);
    expect(served).toEqual(['any: b']);
  });
});
