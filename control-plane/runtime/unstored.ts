/**
 * The decisions that wait to be stored, in order. Each has its events, its journal entries and the state after it. Usually
 * about a second of observations waits; while the log cannot be written, everything waits.
 */
import type { TidegateEvent } from '../domain/events.js';
import type { JournalEntry } from '../domain/journal.js';
import type { ControlState } from '../domain/state.js';

export interface Decided {
  readonly events: readonly TidegateEvent[];
  readonly entries: readonly JournalEntry[];
  readonly after: ControlState;
}

export class Unstored {
  #items: Decided[] = [];
  #events = 0;
  #entries = 0;

  /** How many events wait. */
  get events(): number {
    return this.#events;
  }

  /** How many parts of the journal wait. A part concerns one backend and takes about 200 bytes. */
  get entries(): number {
    return this.#entries;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Adds a decision. Keeps only the fields that are stored, so that the rest can be freed. */
  add({ events, entries, after }: Decided): void {
    if (events.length === 0 && entries.length === 0) return;
    this.#items.push({ events, entries, after });
    this.#events += events.length;
    this.#entries += partsOf(entries);
  }

  /**
   * Returns the oldest whole decisions, joined into one: at least one decision, and further ones until about `limit` events
   * and entries.
   */
  oldest(limit: number): Decided & { readonly items: number } {
    const events: TidegateEvent[] = [];
    const entries: JournalEntry[] = [];
    let items = 0;
    let after: ControlState | undefined;
    for (const item of this.#items) {
      if (items > 0 && events.length + entries.length >= limit) break;
      items += 1;
      for (const event of item.events) events.push(event);
      for (const entry of item.entries) entries.push(entry);
      after = item.after;
    }
    if (after === undefined) throw new Error('nothing waits to be stored');
    return { events, entries, after, items };
  }

  /** Removes the oldest `items` decisions, because they are stored. */
  remove(items: number): void {
    for (const { events, entries } of this.#items.splice(0, items)) {
      this.#events -= events.length;
      this.#entries -= partsOf(entries);
    }
  }

  /** Removes the newest decision if it is this one. Its entries may have been given up meanwhile. */
  takeBack({ events }: Decided): void {
    const newest = this.#items.at(-1);
    if (newest?.events !== events) return;
    this.#items.pop();
    this.#events -= events.length;
    this.#entries -= partsOf(newest.entries);
  }

  /** Drops all journal entries. */
  forgetEntries(): void {
    this.#items = this.#items
      .filter(({ events }) => events.length > 0)
      .map((item) => ({ ...item, entries: [] }));
    this.#entries = 0;
  }

  clear(): void {
    this.#items = [];
    this.#events = 0;
    this.#entries = 0;
  }

  /** The waiting events, in order. */
  tail(): readonly TidegateEvent[] {
    return this.#events === 0 ? [] : this.#items.flatMap(({ events }) => events);
  }
}

function partsOf(entries: readonly JournalEntry[]): number {
  return entries.reduce((sum, entry) => sum + partsOfEntry(entry), 0);
}

function partsOfEntry(entry: JournalEntry): number {
  if (entry.kind === 'segment') {
    return entry.observations.pools.reduce((sum, [, backends]) => sum + backends.length, 1);
  }
  const outcomes = entry.kind === 'command' && entry.command.type === 'RecordOutcomes';
  return outcomes ? Math.max(1, entry.command.outcomes.length) : 1;
}
