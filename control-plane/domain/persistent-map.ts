/**
 * An immutable map. A changed copy costs a few microseconds, however large the map is: entries are in buckets by the hash of
 * their key, and a change copies one bucket and the list of buckets. A plain `Map` would be copied completely with each
 * event. With 10,000 backends that takes half a millisecond, so their first checks alone would take seven seconds. Iteration
 * follows the order of insertion, like a `Map`. Versions with the same keys share that order, so that only the first
 * iteration of any of them sorts.
 */

/** The number of buckets doubles when they hold more than this many entries on average. */
const BUCKET_ENTRIES = 32;

interface Slot<V> {
  readonly value: V;
  /** Position in the order of insertion. */
  readonly ordinal: number;
}

type Bucket<K, V> = ReadonlyMap<K, Slot<V>>;

interface Contents<K, V> {
  readonly buckets: readonly Bucket<K, V>[];
  readonly size: number;
  readonly nextOrdinal: number;
  /** Shared by all versions with the same keys. */
  readonly order: Order<K>;
}

interface Order<K> {
  /** Computed on first use. */
  keys: readonly K[] | null;
}

export class PersistentMap<K extends string, V> implements ReadonlyMap<K, V> {
  readonly #contents: Contents<K, V>;
  /** The entries in order, computed on first use. */
  #ordered: ReadonlyMap<K, V> | null = null;

  private constructor(contents: Contents<K, V>) {
    this.#contents = contents;
  }

  static empty<K extends string, V>(): PersistentMap<K, V> {
    return new PersistentMap<K, V>({ buckets: [new Map()], size: 0, nextOrdinal: 0, order: { keys: null } });
  }

  /** Returns `entries` itself if it is a `PersistentMap` already. */
  static from<K extends string, V>(entries: Iterable<readonly [K, V]>): PersistentMap<K, V> {
    if (entries instanceof PersistentMap) return entries as PersistentMap<K, V>;
    const slots: [K, Slot<V>][] = [];
    for (const [key, value] of new Map(entries)) slots.push([key, { value, ordinal: slots.length }]);
    return new PersistentMap(spread(slots, slots.length));
  }

  get size(): number {
    return this.#contents.size;
  }

  get(key: K): V | undefined {
    return this.#slot(key)?.value;
  }

  has(key: K): boolean {
    return this.#slot(key) !== undefined;
  }

  /** A copy with `key` at `value`. An existing key keeps its position; a new key becomes the last. */
  with(key: K, value: V): PersistentMap<K, V> {
    const { size, nextOrdinal, buckets, order } = this.#contents;
    const before = this.#slot(key);
    if (before === undefined && size >= buckets.length * BUCKET_ENTRIES) {
      return this.#widened().with(key, value);
    }
    const ordinal = before?.ordinal ?? nextOrdinal;
    const changed = this.#replaceBucket(key, (bucket) => bucket.set(key, { value, ordinal }));
    if (before !== undefined) return new PersistentMap({ buckets: changed, size, nextOrdinal, order });
    return new PersistentMap({
      buckets: changed,
      size: size + 1,
      nextOrdinal: nextOrdinal + 1,
      order: { keys: null },
    });
  }

  /** A copy without `key`; the same map if the key is missing. */
  without(key: K): PersistentMap<K, V> {
    const { size, nextOrdinal } = this.#contents;
    if (!this.has(key)) return this;
    const buckets = this.#replaceBucket(key, (bucket) => bucket.delete(key));
    return new PersistentMap({ buckets, size: size - 1, nextOrdinal, order: { keys: null } });
  }

  /**
   * The keys with different values in the two maps, including keys that only one of them has, in no particular order. If one
   * map was made from the other, the cost depends on the number of differences and not on the size.
   */
  changesSince(before: PersistentMap<K, V>): readonly K[] {
    const [now, then] = [this.#contents.buckets, before.#contents.buckets];
    const alike = now.length === then.length;
    const changed: K[] = [];
    now.forEach((bucket, index) => {
      if (alike && bucket === then[index]) return;
      for (const [key, { value }] of bucket) if (before.#slot(key)?.value !== value) changed.push(key);
    });
    then.forEach((bucket, index) => {
      if (alike && bucket === now[index]) return;
      for (const key of bucket.keys()) if (!this.has(key)) changed.push(key);
    });
    return changed;
  }

  entries(): MapIterator<[K, V]> {
    return this.#inOrder().entries();
  }

  keys(): MapIterator<K> {
    return this.#inOrder().keys();
  }

  values(): MapIterator<V> {
    return this.#inOrder().values();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#inOrder().entries();
  }

  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  #slot(key: K): Slot<V> | undefined {
    const { buckets } = this.#contents;
    return buckets[bucketOf(key, buckets.length)]?.get(key);
  }

  #replaceBucket(key: K, change: (bucket: Map<K, Slot<V>>) => void): readonly Bucket<K, V>[] {
    const buckets = this.#contents.buckets.slice();
    const index = bucketOf(key, buckets.length);
    const bucket = new Map(buckets[index]);
    change(bucket);
    buckets[index] = bucket;
    return buckets;
  }

  #widened(): PersistentMap<K, V> {
    const { nextOrdinal } = this.#contents;
    return new PersistentMap(spread(this.#slots(), nextOrdinal));
  }

  #slots(): [K, Slot<V>][] {
    return this.#contents.buckets.flatMap((bucket) => [...bucket]);
  }

  #inOrder(): ReadonlyMap<K, V> {
    if (this.#ordered !== null) return this.#ordered;
    const { order } = this.#contents;
    order.keys ??= this.#slots()
      .sort(([, a], [, b]) => a.ordinal - b.ordinal)
      .map(([key]) => key);
    const ordered = new Map<K, V>();
    for (const key of order.keys) {
      const slot = this.#slot(key);
      if (slot !== undefined) ordered.set(key, slot.value);
    }
    this.#ordered = ordered;
    return ordered;
  }
}

/** Distributes entries over buckets, with space for at least one more. */
function spread<K extends string, V>(
  slots: readonly (readonly [K, Slot<V>])[],
  nextOrdinal: number,
): Contents<K, V> {
  let count = 1;
  while (slots.length >= count * BUCKET_ENTRIES) count *= 2;
  const buckets = Array.from({ length: count }, () => new Map<K, Slot<V>>());
  for (const [key, slot] of slots) buckets[bucketOf(key, count)]?.set(key, slot);
  return { buckets, size: slots.length, nextOrdinal, order: { keys: null } };
}

/** FNV-1a with 32 bits, reduced to `count` buckets. `count` is a power of two. */
function bucketOf(key: string, count: number): number {
  if (count === 1) return 0;
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return ((hash >>> 16) ^ hash) & (count - 1);
}
