/**
 * Law: whatever comes, goes, ends and changes, a worker never gives a backend more than its share; nobody waits while a
 * backend that it could use has room; a slot goes to the first who could use it; every request is served, told that there
 * is no backend, or has left, once; and at the end nothing is left over.
 */
import fc from 'fast-check';
import { takeSlotFor, isBusy, type PickOptions } from '../../data-plane/routing/take-slot.js';
import type { Waiter } from '../../data-plane/routing/waiter.js';
import { attemptFinished, type Pick } from '../../data-plane/routing/pick.js';
import type { BackendEntry, PoolTable, RoutingTable } from '../../data-plane/routing/routing-table.js';
import { poolId } from '../../shared/ids.js';
import { seededRandom } from '../../shared/prng.js';
import { ALGORITHMS } from '../../shared/settings/algorithms.js';
import type { BackendSnapshot, PoolSnapshot } from '../../shared/snapshot.js';
import { aBackend, aPool, aSnapshot, tableOf } from '../support/routing-fixture.js';

const NAMES = ['a', 'b', 'c', 'd'] as const;
const WORKERS = 2;

const index = fc.nat({ max: 30 });
const backends = fc.array(
  fc.record({
    name: fc.constantFrom(...NAMES),
    availability: fc.constantFrom(
      'available',
      'available',
      'available',
      'draining',
      'unhealthy',
      'trial' as const,
    ),
    weight: fc.constantFrom(0, 1, 1, 3),
    maxConnections: fc.constantFrom(undefined, 1, 2, 5, 8),
    generation: fc.constantFrom(1, 1, 1, 2),
    permits: fc.subarray([0, 1, 2]),
  }),
  { maxLength: 6 },
);
const pool = fc.record({
  backends,
  panic: fc.boolean(),
  algorithm: fc.constantFrom(...ALGORITHMS),
  maxPending: fc.constantFrom(128, 128, 4, 1, 0),
});
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('arrive' as const), session: fc.nat({ max: 8 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('finish' as const), at: index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fail' as const), at: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), at: index }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('table' as const), pool: fc.option(pool, { freq: 8 }) }),
  },
);

type GivenPool = typeof pool extends fc.Arbitrary<infer T> ? T : never;

interface Request {
  readonly options: PickOptions;
  state: 'waiting' | 'running' | 'refused' | 'left' | 'done';
  waiter: Waiter | null;
  slot: Pick | null;
}

class Model {
  readonly requests: Request[] = [];
  readonly #random;
  #table: RoutingTable;
  #permits = 0;

  constructor(given: GivenPool, seed: number) {
    this.#random = seededRandom(seed);
    this.#table = this.#built(given, null);
  }

  get pool(): PoolTable | undefined {
    return this.#table.pools.get(poolId('default'));
  }

  get waiting(): Request[] {
    return this.requests.filter(({ state }) => state === 'waiting');
  }

  get running(): Request[] {
    return this.requests.filter(({ state }) => state === 'running');
  }

  arrive(options: PickOptions): void {
    const { pool: now } = this;
    const request: Request = { options, state: 'waiting', waiter: null, slot: null };
    if (now === undefined) return;
    const before = new Map(now.backends.map((entry) => [entry, entry.load.own]));
    const chosen = takeSlotFor(now, options, this.#random);
    this.requests.push(request);
    if (chosen !== null) {
      expect(before.get(chosen.backend)).toBeLessThan(chosen.backend.load.limit);
      this.#run(request, chosen);
    } else if (isBusy(now, options) && now.queue.admit(now, options)) {
      request.waiter = now.queue.enter(now, options, (result) => this.#ended(request, result));
      expect(now.queue.size).toBeLessThanOrEqual(now.queue.settings.maxPending);
    } else {
      request.state = 'refused';
      if (isBusy(now, options)) expect(now.queue.size).toBeGreaterThanOrEqual(now.queue.settings.maxPending);
    }
  }

  finish(request: Request): BackendEntry | null {
    const { slot } = request;
    if (slot === null) return null;
    request.state = 'done';
    attemptFinished(slot.backend);
    return slot.backend;
  }

  leave(request: Request): void {
    if (request.waiter !== null) this.pool?.queue.leave(request.waiter);
    request.state = 'left';
  }

  replace(given: GivenPool | null): void {
    this.#table = this.#built(given, this.#table);
  }

  check(): void {
    const { pool: now, waiting } = this;
    expect(now?.queue.size ?? 0).toBe(waiting.length);
    for (const { options } of waiting) {
      expect(now !== undefined && isBusy(now, options)).toBe(true);
      expect(
        now?.backends.filter((entry) => mayUse(now, options, entry) && entry.load.own < entry.load.limit),
      ).toEqual([]);
    }
    for (const entry of now?.backends ?? []) {
      const own = this.running.filter(({ slot }) => slot?.backend.load === entry.load).length;
      expect(entry.load.own).toBe(own);
    }
    const open = now?.serving.filter(({ load }) => load.own < load.limit).length;
    expect(now?.withSlot.count).toBe(open);
  }

  #run(request: Request, chosen: Pick): void {
    request.state = 'running';
    request.slot = chosen;
    expect(chosen.backend.load.own).toBeLessThanOrEqual(chosen.backend.load.limit);
    expect(request.options.tried.some(({ id }) => id === chosen.backend.id)).toBe(false);
  }

  #ended(request: Request, result: Pick | 'no_backend' | 'queue_full'): void {
    expect(request.state).toBe('waiting');
    if (typeof result === 'string') {
      request.state = 'refused';
      return;
    }
    this.#run(request, result);
    const earlier = this.requests.slice(0, this.requests.indexOf(request));
    for (const { state, options } of earlier) {
      // The pool of the slot: within a change of tables it is the new one.
      const could = state === 'waiting' && mayUse(this.#within ?? this.pool, options, result.backend);
      expect(could).toBe(false);
    }
  }

  #within: PoolTable | undefined = undefined;

  #built(given: GivenPool | null, current: RoutingTable | null): RoutingTable {
    const version = (current?.version ?? 0) + 1;
    const snapshot = aSnapshot(given === null ? [] : [this.#poolOf(given)], { version });
    // What will serve is seen in a table of its own.
    this.#within = tableOf(snapshot).pools.get(poolId('default'));
    const built = tableOf(snapshot, { workers: WORKERS, random: this.#random }, current);
    this.#within = undefined;
    return built;
  }

  #poolOf({ panic, algorithm, maxPending, backends: given }: GivenPool): PoolSnapshot {
    return aPool(this.#backendsOf(given), { panic, algorithm, queue: { maxPending, timeoutMs: 1 } });
  }

  #backendsOf(given: GivenPool['backends']): BackendSnapshot[] {
    const byName = new Map(given.map((one) => [one.name, one]));
    return [...byName.values()].map(({ name, maxConnections, permits, availability, ...rest }) =>
      aBackend(name, {
        ...rest,
        availability,
        permits:
          availability === 'trial' ? permits.map(() => ({ permit: (this.#permits += 1), worker: 0 })) : [],
        ...(maxConnections === undefined ? {} : { maxConnections }),
      }),
    );
  }
}

/** Without a permit. */
function mayUse(now: PoolTable | undefined, { tried, bound }: PickOptions, backend: BackendEntry): boolean {
  const entry = now?.byId.get(backend.id);
  if (entry === undefined || tried.some(({ id }) => id === entry.id)) return false;
  const own = bound === null ? undefined : now?.byId.get(bound);
  const isBound = own !== undefined && own.keepsSessions && !tried.some(({ id }) => id === own.id);
  return isBound ? own === entry : entry.serves;
}

describe('requests that wait', () => {
  it('get the slots that become free, in order, and no more than there are', () => {
    fc.assert(
      fc.property(pool, fc.array(step, { maxLength: 60 }), fc.integer(), (first, steps, seed) => {
        const model = new Model(first, seed);
        for (const each of steps) {
          const { running, waiting } = model;
          switch (each.kind) {
            case 'arrive': {
              const bound = model.pool?.backends[each.session]?.id ?? null;
              model.arrive({ tried: [], bound });
              break;
            }
            case 'finish': {
              const request = running[each.at % Math.max(1, running.length)];
              if (request !== undefined) model.finish(request);
              break;
            }
            case 'fail': {
              const request = running[each.at % Math.max(1, running.length)];
              const failed = request === undefined ? null : model.finish(request);
              if (request === undefined || failed === null) break;
              model.arrive({ ...request.options, tried: [...request.options.tried, failed] });
              break;
            }
            case 'leave': {
              const request = waiting[each.at % Math.max(1, waiting.length)];
              if (request !== undefined) model.leave(request);
              break;
            }
            case 'table':
              model.replace(each.pool);
              break;
          }
          model.check();
        }
        // All that run end, and those that are served then: the last are refused when the pool goes.
        for (let left = model.running; left.length > 0; left = model.running) {
          for (const request of left) model.finish(request);
          model.check();
        }
        const last = model.pool;
        model.replace(null);
        expect(model.waiting).toEqual([]);
        expect(last?.queue.size ?? 0).toBe(0);
        for (const { load } of last?.backends ?? []) expect(load.own).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
