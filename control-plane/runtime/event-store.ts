/**
 * Stores what the control loop decides: at once, or while the log cannot be written, later. Then decisions wait in memory,
 * in their order and within a bound, until it can be written again. Says so once when that begins and once when it ends.
 *
 * Never decides anything: when it has to give up on events, the loop is asked for the event that tells of it.
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

/** How often the log is looked at: whether it is still in its place, and while it cannot be written, whether it can. */
export const STORE_WATCH_MS = 1_000;
/** After this long without an append, a look writes a few bytes. */
const PROOF_AFTER_MS = 5_000;
/** Events kept in memory while the log cannot be written: some 30 MB. Past that they are given up, which is told. */
export const MAX_UNSTORED_EVENTS = 20_000;
/** Journal entries kept likewise, in parts of some 200 bytes (`unstored.ts`). */
export const MAX_UNSTORED_ENTRIES = 50_000;
/** Events and entries stored with one append once the log can be written again: bounds how long the loop stands still. */
const STORED_AT_ONCE = 500;

interface EventStoreOptions {
  readonly log: Pick<LogStorage, 'append' | 'check' | 'renew'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly store: StoreListener;
  /** Journal entries were given up: the next one must begin a segment. */
  readonly interruptJournal: () => void;
  /** Without it `MAX_UNSTORED_EVENTS`. */
  readonly maxUnstoredEvents?: number;
}

export class EventStore {
  readonly #options: EventStoreOptions;
  readonly #unstored = new Unstored();
  readonly #outage: StoreOutage;
  /** Number of the last event in the log. */
  #storedSeq: number;
  /** The state that what waits goes on from: as stored, or after events that were given up. */
  #base: ControlState;
  #appendedAt: number;

  constructor(state: ControlState, options: EventStoreOptions) {
    this.#options = options;
    this.#outage = new StoreOutage(options);
    this.#storedSeq = state.seq;
    this.#base = state;
    this.#appendedAt = options.clock.now();
  }

  /** Why nothing can be stored at present; `null`: it can. */
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

  /** Whether the file is gone: then nothing can be stored but in a new one, which `renew` makes. */
  get isLost(): boolean {
    return this.#outage.isOfLostFile;
  }

  /** Whether more waits than memory keeps. */
  get isOverfull(): boolean {
    return this.#unstored.events > (this.#options.maxUnstoredEvents ?? MAX_UNSTORED_EVENTS);
  }

  /** Whether the log ends before the present state. */
  get isBehind(): boolean {
    return this.#unstored.events > 0;
  }

  /** Whether journal entries wait. */
  get hasEntries(): boolean {
    return this.#unstored.entries > 0;
  }

  get tail(): LogTail {
    const base = this.#base.seq > this.#storedSeq ? this.#base : null;
    return { base, events: this.#unstored.tail() };
  }

  /** What the loop is to record before it goes on without the events up to `state.seq`. */
  lossBefore(state: ControlState, reason: LossReason) {
    const since = this.#outage.current?.since ?? null;
    return reason === 'file'
      ? { first: 1, last: this.#base.seq, since: null, reason }
      : { first: this.#storedSeq + 1, last: state.seq, since, reason };
  }

  /** Keeps a decision to be stored later. */
  keep(decided: Decided): void {
    this.#unstored.add(decided);
    if (this.#unstored.entries > MAX_UNSTORED_ENTRIES) this.#loseEntries(this.#unstored.entries);
  }

  /** What was kept last has not happened after all. */
  takeBack(decided: Decided): void {
    this.#unstored.takeBack(decided);
  }

  /** Stores what waits, in order. Answers why it goes on waiting, or `null`. Throws what is no EventLogError. */
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

  /** A look at the log, made every `STORE_WATCH_MS`: stores what waits, or finds out whether something could be stored. */
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

  /** Makes the log anew, with all that waits and then `loss`, which tells what is missing before. False: not possible now. */
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

  /** Gives up on what waits. `loss` tells of it, and goes on from `base`. */
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

  /** Lets others have their turn between appends. */
  #turn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#options.timers.after(0, resolve);
    return promise;
  }

  /** Those that wait go with them: they follow on what is lost. */
  #loseEntries(count: number): void {
    this.#options.store.entriesLost(count);
    this.#unstored.forgetEntries();
    this.#options.interruptJournal();
  }

  #giveUpEntries(): void {
    if (this.hasEntries) this.#options.store.entriesLost(this.#unstored.entries);
  }
}
