/**
 * Decides when the addresses of a backend's name are worth an event: when an address appears that was not reported last
 * time. A vanished address is not worth one, because no connection goes there. A name with constantly changing addresses is
 * reported more and more rarely, so that it does not fill the event log. A report always contains the addresses of the
 * newest lookup.
 */

/** The most addresses of a name in a report. */
export const MAX_ADDRESSES = 16;
/**
 * Pause after a report of a name that has moved, in milliseconds. The pause doubles if the next report comes within twice
 * the pause.
 */
export const FIRST_GAP_MS = 60_000;
/** The longest such pause, in milliseconds. */
export const LONGEST_GAP_MS = 4 * 3_600_000;

interface Told {
  readonly addresses: readonly string[];
  readonly at: number;
  readonly gapMs: number;
}

export class ResolvedNames {
  /** The key is any object that exists as long as the backend does. */
  readonly #told = new WeakMap<object, Told>();

  /**
   * Takes the result of a lookup. Returns the addresses to report, sorted, or `null`.
   * @param at milliseconds of any clock
   */
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
