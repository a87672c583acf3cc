import { pick } from '../../../../../data-plane/routing/pick.js';
import { seededRandom } from '../../../../../shared/prng.js';
import { aBackend, aPoolTable } from '../../../../support/routing-fixture.js';

const algorithm = 'random';

describe('random', () => {
  it('gives each backend its share by weight, exactly over evenly drawn numbers', () => {
    const weights: Record<string, number> = { a: 1, b: 2, c: 3, d: 10 };
    const pool = aPoolTable(
      Object.entries(weights).map(([id, weight]) => aBackend(id, { weight })),
      { algorithm },
    );
    const draws = 16_000;
    const counts: Record<string, number> = {};
    for (let i = 0; i < draws; i += 1) {
      const id = pick(pool, [], () => (i + 0.5) / draws)?.backend.id ?? 'none';
      counts[id] = (counts[id] ?? 0) + 1;
    }
    expect(counts).toEqual({ a: 1_000, b: 2_000, c: 3_000, d: 10_000 });
  });

  it('weighs the rest when draws keep hitting what was tried', () => {
    const pool = aPoolTable(
      [aBackend('heavy', { weight: 1_000 }), aBackend('b', { weight: 1 }), aBackend('c', { weight: 3 })],
      { algorithm },
    );
    const tried = [pool.backends[0]!];
    const random = seededRandom(3);
    const counts = { b: 0, c: 0 };
    for (let i = 0; i < 4_000; i += 1) {
      const id = pick(pool, tried, random)?.backend.id;
      expect(id === 'b' || id === 'c').toBe(true);
      counts[id === 'b' ? 'b' : 'c'] += 1;
    }
    expect(counts.c / counts.b).toBeGreaterThan(2.5);
    expect(counts.c / counts.b).toBeLessThan(3.5);
  });

  it('gives the crumb that rounding leaves to the last', () => {
    const pool = aPoolTable([aBackend('a'), aBackend('b')], { algorithm });
    expect(pick(pool, [pool.backends[0]!], () => 0.1)?.backend.id).toBe('b');
    let draws = 0;
    // As from a generator that reaches 1: never promised, and still answered.
    const random = (): number => ((draws += 1) <= 4 ? 0.1 : 1);
    expect(pick(pool, [pool.backends[0]!], random)?.backend.id).toBe('b');
  });

  it('has nothing to give when all was tried or nothing is there', () => {
    const pool = aPoolTable([aBackend('a')], { algorithm });
    expect(pick(pool, pool.backends, seededRandom(1))).toBeNull();
    expect(pick(aPoolTable([], { algorithm }), [], seededRandom(1))).toBeNull();
  });
});
