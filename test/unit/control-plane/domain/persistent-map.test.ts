import fc from 'fast-check';
import { PersistentMap } from '../../../../control-plane/domain/persistent-map.js';

/** Keys enough to widen the buckets several times, few enough to meet again. */
const anyKey = fc.nat({ max: 200 }).map((number) => `backend${number}`);
const anyChange = fc.oneof(
  { weight: 3, arbitrary: fc.record({ key: anyKey, value: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ key: anyKey, value: fc.constant(null) }) },
);

describe('a persistent map', () => {
  it('is what a Map is, in content and order, and each version stays what it was', () => {
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 400, size: 'max' }), (changes) => {
        const model = new Map<string, number>();
        let map = PersistentMap.empty<string, number>();
        const versions: { readonly map: typeof map; readonly entries: readonly [string, number][] }[] = [];
        for (const { key, value } of changes) {
          if (value === null) model.delete(key);
          else model.set(key, value);
          map = value === null ? map.without(key) : map.with(key, value);
          expect(map.get(key)).toBe(value ?? undefined);
          expect(map.has(key)).toBe(value !== null);
          expect(map.size).toBe(model.size);
          if (versions.length < 20) versions.push({ map, entries: [...model] });
        }
        expect([...map]).toEqual([...model]);
        for (const version of versions) expect([...version.map.entries()]).toEqual(version.entries);
      }),
      { numRuns: 50 },
    );
  });

  it('tells what differs between two versions', () => {
    fc.assert(
      fc.property(
        fc.array(anyChange, { maxLength: 200, size: 'max' }),
        fc.array(anyChange, { maxLength: 200, size: 'max' }),
        (first, second) => {
          const make = (map: PersistentMap<string, number>, changes: typeof first): typeof map =>
            changes.reduce(
              (so, { key, value }) => (value === null ? so.without(key) : so.with(key, value)),
              map,
            );
          const before = make(PersistentMap.empty(), first);
          const after = make(before, second);
          const keys = new Set([...before.keys(), ...after.keys()]);
          const differing = [...keys].filter((key) => before.get(key) !== after.get(key));
          expect([...after.changesSince(before)].sort()).toEqual(differing.sort());
        },
      ),
      { numRuns: 50 },
    );
    const many = PersistentMap.from(Array.from({ length: 10_000 }, (_, i) => [`b${i}`, { i }] as const));
    expect(many.with('b7', { i: 0 }).changesSince(many)).toEqual(['b7']);
    expect(many.changesSince(many)).toEqual([]);
  });

  it('can be made of entries, of which the last of a key counts, and of another map', () => {
    const map = PersistentMap.from([
      ['b', 1],
      ['a', 2],
      ['b', 3],
    ] as const);
    expect([...map.keys()]).toEqual(['b', 'a']);
    expect([...map.values()]).toEqual([3, 2]);
    expect(PersistentMap.from(map)).toBe(map);
    const seen: unknown[] = [];
    map.forEach((value, key, all) => seen.push([key, value, all === map]));
    expect(seen).toEqual([
      ['b', 3, true],
      ['a', 2, true],
    ]);
  });

  it('is the same map when nothing is taken out', () => {
    const map = PersistentMap.from([['a', 1]] as const);
    expect(map.without('b' as 'a')).toBe(map);
  });
});
