/**
 * The last events that a host knows of the fleet's log. A leader puts them back where the store lost them, so that the other hosts
 * follow one by one, and nobody's log has a gap. Bounded: who lacks more takes over the leader's state.
 */
import type { FleetPosition, LogEntry } from './fleet-store.js';

export const MAX_RECENT_EVENTS = 256;
/** Of the texts together: a configuration is one event, and may be large. */
export const MAX_RECENT_CHARACTERS = 1_048_576;

export class RecentEvents {
  #entries: LogEntry[] = [];
  #characters = 0;

  /** Takes what was stored after the last of them. What does not go on from there begins anew. */
  add(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      const last = this.#entries.at(-1)?.position.seq;
      if (last !== undefined && entry.position.seq !== last + 1) this.clear();
      this.#entries.push(entry);
      this.#characters += entry.text.length;
      while (this.#entries.length > MAX_RECENT_EVENTS || this.#characters > MAX_RECENT_CHARACTERS) {
        this.#characters -= this.#entries.shift()?.text.length ?? 0;
      }
    }
  }

  /** Another history begins, which may use the same numbers. */
  clear(): void {
    this.#entries = [];
    this.#characters = 0;
  }

  /** Those up to a position; none if it is not the position of the last. */
  upTo({ epoch, seq }: FleetPosition): readonly LogEntry[] {
    const last = this.#entries.at(-1)?.position;
    return last?.epoch === epoch && last.seq === seq ? [...this.#entries] : [];
  }
}
