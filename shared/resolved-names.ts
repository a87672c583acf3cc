/**
 * What the names of backends stand for, and when that is news worth an event: when there is an address that was not among those
 * told last. An address that is gone is none, as nothing goes there. A name that gives others all the time is told more
 * and more rarely, so that it does not fill the event log; what is told is always what the newest lookup gave.
 */

/** Addresses of a name that are told. */
export const MAX_ADDRESSES = 16;
/** Time after which a name that has moved may be told again, doubled with each time that it is before twice that time… */
export const FIRST_GAP_MS = 60_000;
/** …up to this. */
export const LONGEST_GAP_MS = 4 * 3_600_000;

interface Told {
  readonly addresses: readonly string[];
  readonly at: number;
  readonly gapMs: number;
}

export class ResolvedNames {
  /** By whatever stands for a backend as long as that is there. */
  readonly #told = new WeakMap<object, Told>();

  /** Takes what a lookup gave. Returns what is to be told, in order, or `null`. @param at milliseconds, on any clock */
  news(backend: object, found: readonly string[], at: number): readonly string[] | null {
    const last = this.#told.get(backend);
    if (found.length === 0 || (last !== undefined && !isNews(last, found, at))) return null;
    const addresses = [...new Set(found)].toSorted().slice(0, MAX_ADDRESSES);
    this.#told.set(backend, { addresses, at, gapMs: last === undefined ? 0 : nextGapMs(last, at) });
    return addresses;
  }
}

function nextGapMs(last: Told, at: number): number {
  const isSoon = at - last.at < 2 * last.gapMs;
  return isSoon ? Math.min(2 * last.gapMs, LONGEST_GAP_MS) : FIRST_GAP_MS;
}

function isNews(last: Told, found: readonly string[], at: number): boolean {
  return at - last.at >= last.gapMs && found.some((address) => !last.addresses.includes(address));
}
