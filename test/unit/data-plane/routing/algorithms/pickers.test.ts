/** What every algorithm owes its pool, and what its traits say of it (`shared/settings/algorithms.ts`). */
import { applyLoad } from '../../../../../data-plane/routing/backend-load.js';
import { attemptFinished, attemptStarted, pick } from '../../../../../data-plane/routing/pick.js';
import { backendId, poolId } from '../../../../../shared/ids.js';
import { seededRandom } from '../../../../../shared/prng.js';
import { ALGORITHMS, traitsOf } from '../../../../../shared/settings/algorithms.js';
import {
  aBackend,
  aPool,
  aPoolTable,
  aSnapshot,
  poolOf,
  tableOf,
} from '../../../../support/routing-fixture.js';

const PICKS = 4_000;

/** How often each backend is picked while each request ends before the next begins. */
function picksOf(pool: ReturnType<typeof aPoolTable>): Record<string, number> {
  const random = seededRandom(5);
  const counts: Record<string, number> = {};
  for (let i = 0; i < PICKS; i += 1) {
    const backend = pick(pool, [], random)?.backend;
    if (backend === undefined) continue;
    attemptStarted(backend);
    attemptFinished(backend);
    counts[backend.id] = (counts[backend.id] ?? 0) + 1;
  }
  return counts;
}

describe.each(ALGORITHMS)('%s', (algorithm) => {
  it('picks nothing from an empty pool', () => {
    expect(pick(aPoolTable([], { algorithm }), [], seededRandom(1))).toBeNull();
  });

  it('picks nothing when all were tried', () => {
    const pool = aPoolTable([aBackend('a'), aBackend('b')], { algorithm });
    expect(pick(pool, pool.backends, seededRandom(1))).toBeNull();
  });

  it('gives equal backends equal shares', () => {
    const counts = picksOf(aPoolTable([aBackend('a'), aBackend('b'), aBackend('c')], { algorithm }));
    for (const count of Object.values(counts)) expect(count / PICKS).toBeCloseTo(1 / 3, 1);
    expect(Object.keys(counts)).toHaveLength(3);
  });

  it('follows the weights if its traits say so', () => {
    const heavy = aBackend('heavy', { weight: 3 });
    const { heavy: count = 0 } = picksOf(aPoolTable([aBackend('light'), heavy], { algorithm }));
    expect(count / PICKS).toBeCloseTo(traitsOf(algorithm).followsWeights ? 3 / 4 : 1 / 2, 1);
  });

  it('counts the requests of other workers if its traits say so', () => {
    const table = tableOf(aSnapshot([aPool([aBackend('busy'), aBackend('idle')], { algorithm })]));
    const [pool, backend] = [poolId('default'), backendId('busy')];
    applyLoad(table, { type: 'load', backends: [{ pool, backend, active: 1 }] });
    const { busy = 0 } = picksOf(poolOf(table));
    expect(busy > 0).toBe(!traitsOf(algorithm).needsLoads);
  });
});
