/**
 * The storage of a primary in memory, for simulations and tests. It behaves like the file (`sqlite-storage.ts`), except that
 * events, checkpoints and journal are three places, written one after the other.
 */
import { assert } from '#shared/assert.js';
import type { TidegateEvent } from '../domain/events.js';
import type { JournalEntry } from '../domain/journal.js';
import type { ControlState } from '../domain/state.js';
import {
  checkAppend,
  checkBase,
  checkBeginning,
  checkLimit,
  checkNumbers,
  matches,
  segmentsToForget,
} from './append-rules.js';
import type { Checkpoints } from './checkpoints.js';
import { encodeEvent, encodeJournalEntry, encodeState } from './codec.js';
import { EventLogError, type EventCount, type EventLog, type EventQuery, type LogEnd } from './event-log.js';
import type { Appended, Batch, LogStorage } from './log-storage.js';
import type { Journal, JournalLimits } from './observation-journal.js';

export function createMemoryStorage(): LogStorage {
  return new MemoryStorage();
}

class MemoryStorage implements LogStorage {
  readonly #open: Open = { isOpen: true };
  readonly events = new MemoryEvents(this.#open);
  readonly checkpoints = new MemoryCheckpoints(this.#open, this.events);
  readonly journal = new MemoryJournal(this.#open);

  async append(expectedSeq: number, { events, entries, base }: Batch): Promise<Appended> {
    checkOpen(this.#open);
    this.events.refuse(expectedSeq, events);
    checkBase(expectedSeq, events, base);
    entries.forEach(encodeJournalEntry);
    if (base !== undefined) this.checkpoints.put(base);
    await this.events.append(expectedSeq, events);
    await this.journal.append(entries);
    return 'all';
  }

  async check(): Promise<void> {
    checkOpen(this.#open);
  }

  async renew(base: ControlState, batch: Pick<Batch, 'events' | 'entries'>): Promise<void> {
    checkOpen(this.#open);
    checkNumbers(base.seq, batch.events);
    this.events.beginAfter(base.seq);
    this.checkpoints.clear();
    this.journal.clear();
    this.checkpoints.put(base);
    await this.append(base.seq, batch);
  }

  async close(): Promise<void> {
    this.#open.isOpen = false;
  }
}

/** Whether the storage is open. Its three parts share this object. */
interface Open {
  isOpen: boolean;
}

function checkOpen({ isOpen }: Open): void {
  if (!isOpen) throw new EventLogError('unavailable', 'The event log is closed.');
}

class MemoryEvents implements EventLog {
  readonly #open: Open;
  #events: TidegateEvent[] = [];
  #end: LogEnd = { seq: 0, commandId: 0 };

  constructor(open: Open) {
    this.#open = open;
  }

  get lastSeq(): number {
    return this.#end.seq;
  }

  async end(): Promise<LogEnd> {
    checkOpen(this.#open);
    return this.#end;
  }

  /** Throws as `append` would. Events that a file could not read back are refused here too. */
  refuse(expectedSeq: number, events: readonly TidegateEvent[]): void {
    checkAppend(this.#end.seq, expectedSeq, events);
    events.forEach(encodeEvent);
  }

  async append(expectedSeq: number, events: readonly TidegateEvent[]): Promise<void> {
    checkOpen(this.#open);
    this.refuse(expectedSeq, events);
    for (const event of events) {
      this.#events.push(event);
      this.#end = { seq: event.seq, commandId: event.cause.id };
    }
  }

  async read(query: EventQuery): Promise<readonly TidegateEvent[]> {
    checkOpen(this.#open);
    checkLimit(query);
    const matching = this.#events.filter((event) => matches(event, query));
    return (query.order === 'forward' ? matching : matching.reverse()).slice(0, query.limit);
  }

  async count(of: EventCount): Promise<number> {
    checkOpen(this.#open);
    return this.#events.filter((event) => matches(event, { ...of, limit: 1, order: 'forward' })).length;
  }

  async seqAt(at: number): Promise<number> {
    checkOpen(this.#open);
    return this.#events.findLast((event) => event.at <= at)?.seq ?? 0;
  }

  async forget(upTo: number): Promise<void> {
    checkOpen(this.#open);
    this.#events = this.#events.filter(({ seq }) => seq > upTo);
  }

  /** Deletes all events. The next number is `seq` + 1. */
  beginAfter(seq: number): void {
    this.#events = [];
    this.#end = { ...this.#end, seq };
  }
}

class MemoryCheckpoints implements Checkpoints {
  readonly #open: Open;
  readonly #events: { readonly lastSeq: number };
  #states = new Map<number, ControlState>();

  constructor(open: Open, events: { readonly lastSeq: number }) {
    this.#open = open;
    this.#events = events;
  }

  async before(seq: number): Promise<ControlState | null> {
    const found = (await this.seqs()).findLast((at) => at <= seq);
    return found === undefined ? null : (this.#states.get(found) ?? null);
  }

  async save(state: ControlState): Promise<void> {
    checkOpen(this.#open);
    const { lastSeq } = this.#events;
    assert(state.seq <= lastSeq, `a checkpoint at ${state.seq} of a log that ends at ${lastSeq}`);
    this.put(state);
  }

  async seqs(): Promise<readonly number[]> {
    checkOpen(this.#open);
    return [...this.#states.keys()].sort((a, b) => a - b);
  }

  async forget(seqs: readonly number[]): Promise<void> {
    checkOpen(this.#open);
    for (const seq of seqs) this.#states.delete(seq);
  }

  put(state: ControlState): void {
    encodeState(state);
    this.#states.set(state.seq, state);
  }

  clear(): void {
    this.#states.clear();
  }
}

interface Segment {
  readonly id: number;
  readonly at: number;
  readonly seq: number;
  bytes: number;
  readonly entries: JournalEntry[];
}

class MemoryJournal implements Journal {
  readonly #open: Open;
  #segments: Segment[] = [];
  #nextId = 1;

  constructor(open: Open) {
    this.#open = open;
  }

  async append(entries: readonly JournalEntry[]): Promise<void> {
    checkOpen(this.#open);
    checkBeginning(this.#segments.length > 0, entries);
    const sizes = entries.map((entry) => Buffer.byteLength(encodeJournalEntry(entry)));
    entries.forEach((entry, index) => {
      if (entry.kind === 'segment') {
        this.#segments.push({ id: this.#nextId++, at: entry.at, seq: entry.seq, bytes: 0, entries: [] });
      }
      const segment = this.#segments.at(-1);
      segment?.entries.push(entry);
      if (segment !== undefined) segment.bytes += sizes[index] ?? 0;
    });
  }

  async *read(from: number, to: number): AsyncIterable<JournalEntry> {
    checkOpen(this.#open);
    const holding = this.#segments.findLastIndex((segment) => segment.at <= from);
    for (const segment of this.#segments.slice(Math.max(0, holding))) {
      for (const entry of segment.entries) if (entry.at <= to) yield entry;
    }
  }

  async forget(limits: JournalLimits): Promise<number | null> {
    checkOpen(this.#open);
    this.#segments = this.#segments.slice(segmentsToForget(this.#segments, limits));
    return this.#segments[0]?.seq ?? null;
  }

  clear(): void {
    this.#segments = [];
  }
}
