/** Many seeds of the modelled fleet. A run in which nothing happens proves nothing. */
import { runRules } from './rules-world.js';

const WANTED = [
  'leaders',
  'follows',
  'snapshots adopted',
  'histories restored',
  'leases given back',
  'appends done',
  'appends found to be done',
  'appends void',
  'terms over: fenced',
  'terms over: changed',
  'terms over: lost',
  'terms over: late',
  'answers accepted',
  'answers rejected',
  'answers expired',
  'answers moved',
];

/** How many seeds to run: what the environment says, else `usual`. */
export function ruleSeeds(usual: number): number {
  return Number(process.env['TIDEGATE_SEEDS'] ?? usual);
}

export function checkRules(seeds: number): void {
  const sum = new Map<string, number>();
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { violation, counts } = runRules(seed);
    if (violation !== null) throw new Error(`seed ${seed}: ${violation}`);
    for (const [what, count] of counts) sum.set(what, (sum.get(what) ?? 0) + count);
  }
  const missing = WANTED.filter((what) => !sum.has(what));
  if (missing.length > 0) throw new Error(`in ${seeds} seeds there never were: ${missing.join(', ')}`);
  if (process.env['TIDEGATE_SEEDS'] !== undefined) {
    process.stdout.write(`${JSON.stringify(Object.fromEntries(sum), null, 1)}\n`);
  }
}
