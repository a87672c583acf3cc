/** Finds the word that a person probably meant. */

/** A word is no suggestion if its edit distance exceeds this share of its length. */
const MAX_DISTANCE_SHARE = 0.4;
/** The longest text to compare, in characters. Longer texts are no typing errors, and the cost is quadratic. */
const MAX_COMPARED_LENGTH = 64;

/** The nearest of `known`, the first if several are equally near; `null` if none is near. */
export function suggest(word: string, known: readonly string[]): string | null {
  if (word.length > MAX_COMPARED_LENGTH) return null;
  const typed = word.toLowerCase().replaceAll('-', '_');
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const distance = editDistance(typed, candidate.toLowerCase().replaceAll('-', '_'));
    const allowed = Math.max(1, Math.floor(candidate.length * MAX_DISTANCE_SHARE));
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance in which a swap of two neighbours counts as one edit (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
