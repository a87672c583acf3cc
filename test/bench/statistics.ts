/** Middle and spread of a few noisy figures. Pure. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws RangeError when there are no values: no figure is better than a made-up one. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new RangeError('no values');
  const upper = sorted[Math.floor(sorted.length / 2)] ?? min;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? min;
  return { median: (lower + upper) / 2, min, max };
}

/** What `subject` cost in terms of `reference`, round by round; rounds that lack either are left out. */
export function ratiosByRound(
  subject: ReadonlyMap<number, number>,
  reference: ReadonlyMap<number, number>,
): number[] {
  const ratios: number[] = [];
  for (const [round, value] of subject) {
    const base = reference.get(round);
    if (base !== undefined && base > 0) ratios.push(value / base);
  }
  return ratios;
}

/** The list begun at another place each round, so that nobody always comes first or always follows the same one. */
export function rotated<Item>(items: readonly Item[], round: number): Item[] {
  const start = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
