/**
 * What a pick costs: nanoseconds per pick (with the attempt's start and end where the algorithm counts them) for each
 * algorithm and several sizes of pool, the same with limits, of which none or all but one are reached, the same for addresses,
 * and what building a table costs.
 *
 *   npm run build && node dist/test/bench/pick-bench.js
 */
import { attemptFinished, attemptStarted, pick } from '../../data-plane/routing/pick.js';
import { takeSlot } from '../../data-plane/routing/take-slot.js';
import { stickyByAddress } from '../../data-plane/routing/sticky.js';
import { seededRandom } from '../../shared/prng.js';
import { ALGORITHMS, type Algorithm } from '../../shared/settings/algorithms.js';
import { aBackend, aPool, aSnapshot, poolOf, tableOf } from '../support/routing-fixture.js';

const SIZES = [2, 100, 1_000, 10_000];
const PICKS_PER_ROUND = 200_000;
const ROUNDS = 11;
const BUILDS = 9;
/** Attempts in flight while least-connections is measured. */
const IN_FLIGHT = 256;

function snapshotWith(algorithm: Algorithm, size: number, version = 1, limit?: number) {
  const limited = limit === undefined ? {} : { maxConnections: limit };
  const backends = Array.from({ length: size }, (_, i) =>
    aBackend(`backend${i}`, { weight: 1 + (i % 7), ...limited }),
  );
  return aSnapshot([aPool(backends, { algorithm })], { version });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Median time of one call over rounds, in nanoseconds; the first rounds warm up and do not count. */
function nanosecondsPerCall(calls: number, rounds: number, round: () => void): number {
  const times: number[] = [];
  for (let i = 0; i < rounds + 3; i += 1) {
    const start = performance.now();
    round();
    if (i >= 3) times.push(((performance.now() - start) * 1e6) / calls);
  }
  return median(times);
}

function pickCost(algorithm: Algorithm, size: number, limit?: number): number {
  const pool = poolOf(tableOf(snapshotWith(algorithm, size, 1, limit)));
  const random = seededRandom(1);
  const running = Array.from({ length: IN_FLIGHT }, () => pick(pool, [], random)?.backend);
  for (const backend of running) if (backend !== undefined) attemptStarted(backend);
  let oldest = 0;
  return nanosecondsPerCall(PICKS_PER_ROUND, ROUNDS, () => {
    for (let i = 0; i < PICKS_PER_ROUND; i += 1) {
      const backend = pick(pool, [], random)?.backend;
      const ended = running[oldest];
      if (ended !== undefined) attemptFinished(ended);
      if (backend !== undefined) attemptStarted(backend);
      running[oldest] = backend;
      oldest = (oldest + 1) % IN_FLIGHT;
    }
  });
}

/** A slot taken and released, while only the last backend has one. */
function fullCost(algorithm: Algorithm, size: number): number {
  const pool = poolOf(tableOf(snapshotWith(algorithm, size, 1, 1)));
  const random = seededRandom(1);
  for (const backend of pool.backends.slice(0, -1)) attemptStarted(backend);
  const picks = Math.max(1_000, PICKS_PER_ROUND / size);
  return nanosecondsPerCall(picks, ROUNDS, () => {
    for (let i = 0; i < picks; i += 1) {
      const chosen = takeSlot(pool, [], random);
      if (chosen !== null) attemptFinished(chosen.backend);
    }
  });
}

function addressCost(size: number): number {
  const pool = poolOf(tableOf(snapshotWith('random', size)));
  const addresses = Array.from({ length: 1_000 }, (_, i) => `203.0.${i >> 8}.${i & 255}`);
  const settings = { type: 'ip', prefix4: 32, prefix6: 64 } as const;
  return nanosecondsPerCall(addresses.length * 20, ROUNDS, () => {
    for (let i = 0; i < 20; i += 1) {
      for (const address of addresses) stickyByAddress(pool, settings, address, []);
    }
  });
}

/** A further table from a snapshot that changes nothing: what each second costs. */
function buildCost(algorithm: Algorithm, size: number): number {
  let version = 1;
  let table = tableOf(snapshotWith(algorithm, size));
  const snapshot = snapshotWith(algorithm, size);
  return nanosecondsPerCall(1, BUILDS, () => {
    version += 1;
    table = tableOf({ ...snapshot, version }, {}, table);
  });
}

function print(title: string, cost: (size: number) => number, digits = 0): void {
  const cells = SIZES.map((size) => cost(size).toFixed(digits).padStart(10));
  console.log(`${title.padEnd(34)}${cells.join('')}`);
}

console.log(`${'backends'.padEnd(34)}${SIZES.map((size) => String(size).padStart(10)).join('')}`);
for (const algorithm of ALGORITHMS) print(`${algorithm}, ns per pick`, (size) => pickCost(algorithm, size));
for (const algorithm of ALGORITHMS) {
  print(`${algorithm}, limits not reached`, (size) => pickCost(algorithm, size, 1_000));
}
for (const algorithm of ALGORITHMS) {
  print(`${algorithm}, all but one full`, (size) => fullCost(algorithm, size));
}
print('by address (kept), ns per pick', addressCost);
for (const algorithm of ALGORITHMS) {
  print(`${algorithm}, ms per table`, (size) => buildCost(algorithm, size) / 1e6, 2);
}
