/**
 * Copy on first write, for folds over many events: a map is copied when it is first changed and then changed in
 * place, because nobody else has seen the copy yet. Without it, adding 10,000 backends would copy the pool 10,000
 * times. Who starts a set of owned maps must drop it before showing the result to others.
 */

/** Maps and sets made by the present fold. */
export type Owned = Set<object>;

export function ownMap<K, V>(map: ReadonlyMap<K, V>, owned: Owned): Map<K, V> {
  if (owned.has(map)) return map as Map<K, V>;
  const copy = new Map(map);
  owned.add(copy);
  return copy;
}

export function ownSet<T>(set: ReadonlySet<T>, owned: Owned): Set<T> {
  if (owned.has(set)) return set as Set<T>;
  const copy = new Set(set);
  owned.add(copy);
  return copy;
}
