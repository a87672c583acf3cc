/** An event log that lives and dies with its process: for simulations and tests. Behaves like the one on disk. */
import { assert } from '#shared/assert.js';
import type { TidegateEvent } from '../domain/events.js';
import type { JournalEntry } from '../domain/journal.js';
import { initialState } from '../domain/state.js';
import type { ControlState } from '../domain/state.js';
import {
  checkAppend,
  checkLimit,
  checkpointsToForget,
  checkNumbers,
  forgotten,
  matches,
  retentionBase,
  segmentsToForget,
} from './append-rules.js';
import { encodeEvent, encodeJournalEntry, encodeState } from './codec.js';
import { EventLogError } from './event-log.js';
import type { EventCount, EventLog, EventQuery, Recovered, RetentionLimits } from './event-log.js';

interface Segment {
  readonly id: number;
  readonly at: number;
  readonly seq: number;
  bytes: number;
  readonly entries: JournalEntry[];
}

export function createMemoryEventLog(): EventLog {
  return new MemoryEventLog();
}

class MemoryEventLog implements EventLog {
  #events: TidegateEvent[] = [];
  #firstSeq = 1;
  #lastSeq = 0;
  #checkpoints: ControlState[] = [];
  #segments: Segment[] = [];
  #nextSegment = 1;
  #lastCommandId = 0;
  #closed = false;

  async recover(): Promise<Recovered> {
    this.#checkOpen();
    const checkpoint = this.#checkpoints.at(-1) ?? initialState();
    return {
      checkpoint,
      events: this.#events.filter((event) => event.seq > checkpoint.seq),
      lastCommandId: this.#lastCommandId,
    };
  }

  async append(
    expectedSeq: number,
    events: readonly TidegateEvent[],
    journal: readonly JournalEntry[],
    base?: ControlState,
  ): Promise<void> {
    this.#checkOpen();
    checkAppend(this.#lastSeq, expectedSeq, events, base);
    // Encoded for the check alone: what a file would refuse is refused here too, before anything is stored.
    events.forEach(encodeEvent);
    const sizes = journal.map((entry) => Buffer.byteLength(encodeJournalEntry(entry)));
    if (base !== undefined) this.#addCheckpoint(base);
    for (const event of events) this.#events.push(event);
    this.#lastSeq = events.at(-1)?.seq ?? this.#lastSeq;
    journal.forEach((entry, index) => this.#addEntry(entry, sizes[index] ?? 0));
  }

  async check(): Promise<void> {
    this.#checkOpen();
  }

  async renew(
    base: ControlState,
    events: readonly TidegateEvent[],
    journal: readonly JournalEntry[],
  ): Promise<void> {
    this.#checkOpen();
    checkNumbers(base.seq, events);
    this.#events = [];
    this.#segments = [];
    this.#checkpoints = [base];
    this.#firstSeq = base.seq + 1;
    this.#lastSeq = base.seq;
    await this.append(base.seq, events, journal);
  }

  async read(query: EventQuery): Promise<readonly TidegateEvent[]> {
    this.#checkOpen();
    checkLimit(query);
    const matching = this.#events.filter((event) => matches(event, query));
    return (query.order === 'forward' ? matching : matching.reverse()).slice(0, query.limit);
  }

  async count(of: EventCount): Promise<number> {
    this.#checkOpen();
    return this.#events.filter((event) => matches(event, { ...of, limit: 1, order: 'forward' })).length;
  }

  async seqAt(at: number): Promise<number> {
    this.#checkOpen();
    return this.#events.findLast((event) => event.at <= at)?.seq ?? 0;
  }

  async checkpointBefore(seq: number): Promise<ControlState> {
    this.#checkOpen();
    const found = this.#checkpoints.findLast((checkpoint) => checkpoint.seq <= seq);
    if (found !== undefined) return found;
    if (this.#firstSeq > 1) throw forgotten(seq, this.#firstSeq);
    return initialState();
  }

  async saveCheckpoint(state: ControlState): Promise<void> {
    this.#checkOpen();
    assert(state.seq <= this.#lastSeq, `a checkpoint at ${state.seq} of a log that ends at ${this.#lastSeq}`);
    this.#addCheckpoint(state);
  }

  #addCheckpoint(state: ControlState): void {
    encodeState(state);
    this.#checkpoints = [...this.#checkpoints.filter(({ seq }) => seq !== state.seq), state].sort(
      (a, b) => a.seq - b.seq,
    );
  }

  async *readJournal(from: number, to: number): AsyncIterable<JournalEntry> {
    this.#checkOpen();
    const holding = this.#segments.findLastIndex((segment) => segment.at <= from);
    for (const segment of this.#segments.slice(Math.max(0, holding))) {
      for (const entry of segment.entries) if (entry.at <= to) yield entry;
    }
  }

  async retain(limits: RetentionLimits): Promise<void> {
    this.#checkOpen();
    this.#segments = this.#segments.slice(segmentsToForget(this.#segments, limits));
    const base = retentionBase(
      this.#checkpoints.map(({ seq }) => seq),
      this.#lastSeq,
      limits.keepEvents,
      this.#segments[0]?.seq,
    );
    this.#firstSeq = Math.max(this.#firstSeq, base + 1);
    this.#events = this.#events.filter((event) => event.seq > base);
    const left = this.#checkpoints.filter((checkpoint) => checkpoint.seq >= base);
    const crowded = checkpointsToForget(left.map(({ seq }) => seq));
    const bases = new Set(this.#events.flatMap(({ type, seq }) => (type === 'EventsLost' ? [seq - 1] : [])));
    this.#checkpoints = left.filter(({ seq }) => bases.has(seq) || !crowded.includes(seq));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #addEntry(entry: JournalEntry, bytes: number): void {
    let segment = this.#segments.at(-1);
    if (segment === undefined || entry.kind === 'segment') {
      const seq = entry.kind === 'segment' ? entry.seq : this.#lastSeq;
      segment = { id: this.#nextSegment++, at: entry.at, seq, bytes: 0, entries: [] };
      this.#segments.push(segment);
    }
    segment.entries.push(entry);
    segment.bytes += bytes;
    if (entry.kind === 'command') this.#lastCommandId = Math.max(this.#lastCommandId, entry.command.id);
  }

  #checkOpen(): void {
    if (this.#closed) throw new EventLogError('unavailable', 'The event log is closed.');
  }
}
