/**
 * Stores what the control loop decides. While the log cannot be written, decisions wait in memory, in order and within a
 * bound, until it can be written again. The log of the process tells the begin and the end of such a time.
 *
 * The store decides nothing. When events have to be given up, it asks the control loop for the event that says so.
 */
import type { Clock, Logger, Timers } from '#shared/ports.js';
import type { LossReason } from '../domain/commands.js';
import type { ControlState } from '../domain/state.js';
import type { EventLogError } from '../event-log/event-log.js';
import type { LogStorage } from '../event-log/log-storage.js';
import type { LogTail } from '../event-log/read-with-tail.js';
import type { StoreStatus } from '../control-port.js';
import { type StoreListener, StoreOutage } from './store-outage.js';
import { type Decided, Unstored } from './unstored.js';

/**
 * How often the log is looked at, in milliseconds. A look checks that the file is still in its place and, during an outage,
 * whether the log can be written again.
 */
export const STORE_WATCH_MS = 1_000;
/** If the last append is older than this (milliseconds), a look writes a few bytes to prove that the log can be written. */
const PROOF_AFTER_MS = 5_000;
/**
 * How many events memory keeps while the log cannot be written (about 30 MB). Beyond that, all waiting events are given up,
 * and an event records the loss.
 */
export const MAX_UNSTORED_EVENTS = 20_000;
/** How many journal entries memory keeps, counted in parts of about 200 bytes (`unstored.ts`). */
export const MAX_UNSTORED_ENTRIES = 50_000;
/**
 * How many events and entries one append stores after an outage. The limit bounds how long the control loop stands still.
 */
const STORED_AT_ONCE = 500;

interface EventStoreOptions {
  readonly log: Pick<LogStorage, 'append' | 'check' | 'renew'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly store: StoreListener;
  /** Called when journal entries were given up, because the next entry must then begin a new segment. */
  readonly interruptJournal: () => void;
  /** Default: `MAX_UNSTORED_EVENTS`. */
  readonly maxUnstoredEvents?: number;
}

export class EventStore {
  readonly #options: EventStoreOptions;
  readonly #unstored = new Unstored();
  readonly #outage: StoreOutage;
  /** Number of the last event in the log. */
  #storedSeq: number;
  /** The state that the first waiting event follows: the stored state, or the state after events that were given up. */
  #base: ControlState;
  #appendedAt: number;

  constructor(state: ControlState, options: EventStoreOptions) {
    this.#options = options;
    this.#outage = new StoreOutage(options);
    this.#storedSeq = state.seq;
    this.#base = state;
    this.#appendedAt = options.clock.now();
  }

  /** Why nothing can be stored at present; `null` if the log can be written. */
  get error(): EventLogError | null {
    return this.#outage.current?.error ?? null;
  }

  get status(): StoreStatus {
    const outage = this.#outage.current;
    return {
      ok: outage === null,
      since: outage?.since ?? null,
      problem: outage?.error.message ?? null,
      unstoredEvents: this.#unstored.events,
      lostEvents: outage?.lost ?? 0,
    };
  }

  /** Whether the log's file is gone. Then only a new file, which `renew` makes, can store anything. */
  get isLost(): boolean {
    return this.#outage.isOfLostFile;
  }

  /** Whether more events wait than memory may keep. */
  get isOverfull(): boolean {
    return this.#unstored.events > (this.#options.maxUnstoredEvents ?? MAX_UNSTORED_EVENTS);
  }

  /** Whether the log ends before the present state. */
  get isBehind(): boolean {
    return this.#unstored.events > 0;
  }

  /** Whether journal entries wait to be stored. */
  get hasEntries(): boolean {
    return this.#unstored.entries > 0;
  }

  get tail(): LogTail {
    const base = this.#base.seq > this.#storedSeq ? this.#base : null;
    return { base, events: this.#unstored.tail() };
  }

  /** Which events the control loop has to record as lost before it goes on from `state`. */
  lossBefore(state: ControlState, reason: LossReason) {
    const since = this.#outage.current?.since ?? null;
    return reason === 'file'
      ? { first: 1, last: this.#base.seq, since: null, reason }
      : { first: this.#storedSeq + 1, last: state.seq, since, reason };
  }

  /** Keeps a decision in memory until it is stored. */
  keep(decided: Decided): void {
    this.#unstored.add(decided);
    if (this.#unstored.entries > MAX_UNSTORED_ENTRIES) this.#loseEntries(this.#unstored.entries);
  }

  /** Removes the decision that was kept last, because its commands were refused. */
  takeBack(decided: Decided): void {
    this.#unstored.takeBack(decided);
  }

  /**
   * Stores the waiting decisions, in order. Returns the error that stopped it, or `null`. Throws an error that is no
   * EventLogError.
   */
  async flush(): Promise<EventLogError | null> {
    try {
      while (!this.#unstored.isEmpty) {
        const { events, entries, after, items } = this.#unstored.oldest(STORED_AT_ONCE);
        const base = this.#base.seq > this.#storedSeq ? { base: this.#base } : {};
        const appended = await this.#options.log.append(this.#storedSeq, { events, entries, ...base });
        const waiting = this.#unstored.entries;
        this.#unstored.remove(items);
        if (appended === 'without-entries') this.#loseEntries(waiting);
        this.#storedUpTo(after);
        if (!this.#unstored.isEmpty) await this.#turn();
      }
    } catch (error) {
      return this.#outage.failed(error);
    }
    this.#outage.end(this.#storedSeq);
    return null;
  }

  /**
   * Looks at the log, every `STORE_WATCH_MS`. A look stores the waiting decisions or, if none waits, checks whether the log
   * can be written.
   */
  async look(): Promise<EventLogError | null> {
    const { log, clock } = this.#options;
    if (this.error !== null && !this.#unstored.isEmpty) return this.flush();
    try {
      await log.check(this.error !== null || clock.now() - this.#appendedAt >= PROOF_AFTER_MS);
    } catch (error) {
      return this.#outage.failed(error);
    }
    this.#outage.end(this.#storedSeq);
    return null;
  }

  /**
   * Begins a new log with all waiting events and then `loss`, the events that say what is missing. Returns false if that is
   * not possible now.
   */
  async renew(loss: Decided): Promise<boolean> {
    const events = [...this.#unstored.tail(), ...loss.events];
    try {
      await this.#options.log.renew(this.#base, { events, entries: loss.entries });
    } catch (error) {
      this.#outage.notRenewed(error);
      return false;
    }
    this.#giveUpEntries();
    this.#unstored.clear();
    this.#storedUpTo(loss.after);
    this.#outage.end(this.#storedSeq);
    return true;
  }

  /** Gives up all waiting decisions. `loss` holds the events that say so; they follow the state `base`. */
  giveUp(base: ControlState, loss: Decided): void {
    this.#outage.lose(this.#unstored.events);
    this.#giveUpEntries();
    this.#unstored.clear();
    this.#base = base;
    this.#unstored.add(loss);
  }

  #storedUpTo(state: ControlState): void {
    this.#base = state;
    this.#storedSeq = state.seq;
    this.#appendedAt = this.#options.clock.now();
  }

  /** Lets other work run between two appends. */
  #turn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#options.timers.after(0, resolve);
    return promise;
  }

  /** Counts `count` entries as lost and drops the waiting ones too, because they would follow the lost entries. */
  #loseEntries(count: number): void {
    this.#options.store.entriesLost(count);
    this.#unstored.forgetEntries();
    this.#options.interruptJournal();
  }

  #giveUpEntries(): void {
    if (this.hasEntries) this.#options.store.entriesLost(this.#unstored.entries);
  }
}
