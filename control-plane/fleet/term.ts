/**
 * One term of a leader: it decides what is written to any host of the fleet, and appends it to the fleet's log. Nobody hears of a
 * decision before it is stored. One append at a time; what an answer means is decided in `append-answer.ts`. When the term ends,
 * whoever waits is told whether the write was not carried out, or that nobody knows.
 */
import type { Logger, TimerHandle, Timers } from '#shared/ports.js';
import type { Command, CommandDraft } from '../domain/commands.js';
import type { World } from '../domain/decision.js';
import type { TidegateEvent } from '../domain/events.js';
import { afterAppend, afterLook, type AppendVerdict, type PendingAppend } from './append-answer.js';
import { eventTexts } from './fleet-codec.js';
import type { FleetClock } from './fleet-clock.js';
import {
  type AnswerEntry,
  type FleetPosition,
  type FleetStore,
  MAX_ANSWERS,
  NO_ENTRY,
  type Term as TermName,
} from './fleet-store.js';
import type { FleetTimes } from './fleet-times.js';
import type { Lease } from './lease.js';
import { type Decided, decideWrites, type TermBatch, type Waiting } from './term-batch.js';

/** Writes decided and stored together. Bounds how long one append takes. */
const BATCH_LIMIT = 256;
/** Writes of other hosts read at once: of the longest, as many as a network of 150 Mbit/s carries before the call is late. */
const INBOX_PAGE = 16;
/** Writes of this host that wait. */
const MAX_WAITING = 4_096;
/** Before the store is asked again what became of an append. */
const LOOK_AFTER_MS = 100;

/** `not-done`: the term was over before it was carried out. `unknown`: it may have been, or not. */
export type TermOutcome =
  Decided | { readonly kind: 'not-done' } | { readonly kind: 'unknown' } | { readonly kind: 'mailbox-full' };

export interface TermDeps {
  readonly store: Pick<FleetStore, 'append' | 'head' | 'inbox'>;
  readonly times: FleetTimes;
  readonly timers: Timers;
  readonly clock: FleetClock;
  readonly now: () => number;
  readonly stamp: (draft: CommandDraft) => Command;
  readonly logger: Logger;
  readonly lease: Lease;
  /** Called in order with what was appended. Whoever waits is told after that. */
  readonly appended: (events: readonly TidegateEvent[]) => Promise<void>;
  /** Nobody knows whether an append was carried out; the store is asked. */
  readonly appendUnknown?: () => void;
  /** Called once. `broken`: it could not append for long, though its lease was renewed. */
  readonly over: (reason: string, broken: boolean) => void;
}

interface Letter {
  readonly waiting: Waiting;
  readonly resolve: (outcome: TermOutcome) => void;
}

export class Term {
  readonly #deps: TermDeps;
  readonly #name: TermName;
  #world: World;
  /** The last event that is stored. */
  #stored: FleetPosition;
  /** Nonces of the writes of other hosts that it has answered last. */
  readonly #answered = new Set<string>();
  #letters: Letter[] = [];
  #inboxDue = false;
  #turn: Promise<void> | null = null;
  #over = false;

  /** @param at the end of the log that the world was folded from */
  constructor(name: TermName, at: FleetPosition, world: World, deps: TermDeps) {
    this.#name = name;
    this.#deps = deps;
    this.#world = world;
    this.#stored = at;
  }

  get epoch(): number {
    return this.#name.epoch;
  }

  /** What it decides with. */
  get world(): World {
    return this.#world;
  }

  get stored(): FleetPosition {
    return this.#stored;
  }

  submit(draft: CommandDraft): Promise<TermOutcome> {
    if (this.#over) return Promise.resolve({ kind: 'not-done' });
    if (this.#letters.length >= MAX_WAITING) return Promise.resolve({ kind: 'mailbox-full' });
    const { promise, resolve } = Promise.withResolvers<TermOutcome>();
    this.#letters.push({ waiting: { from: 'here', draft }, resolve });
    this.#turn ??= this.#run();
    return promise;
  }

  /** There may be something in the inbox. */
  readInbox(): void {
    this.#inboxDue = true;
    this.#turn ??= this.#run();
  }

  /** Nothing is appended any more, because another may lead. */
  abandon(): void {
    this.#over = true;
    if (this.#turn === null) this.#dismiss();
  }

  /** Takes nothing more; resolves when what is under way is done. */
  async stop(): Promise<void> {
    this.#over = true;
    await this.#turn;
    this.#dismiss();
  }

  /** A bug ends the term: another host may do better, and nobody waits for ever. */
  async #run(): Promise<void> {
    try {
      await this.#work();
    } catch (error) {
      this.#deps.logger.error({ err: error }, 'the term of this host failed');
      this.#end('a bug', true);
    }
    this.#turn = null;
    if (this.#over) this.#dismiss();
    // Something may have come since the work looked for it last.
    else if (this.#hasWork) this.#turn = this.#run();
  }

  get #hasWork(): boolean {
    return this.#letters.length > 0 || this.#inboxDue;
  }

  async #work(): Promise<void> {
    while (!this.#over && this.#hasWork) {
      if (this.#inboxDue) await this.#takeInbox();
      const letters = this.#letters.splice(0, BATCH_LIMIT);
      if (letters.length > 0) await this.#batch(letters);
    }
  }

  /**
   * The inbox has only what is not answered. What this term did answer is there again where a server fails over to one that lags:
   * it is known by its nonce. Its place in the inbox says nothing, because the other server's clock may be behind.
   */
  async #takeInbox(): Promise<void> {
    this.#inboxDue = false;
    for (let after = NO_ENTRY; !this.#over;) {
      const found = await this.#deps.store.inbox({ after, limit: INBOX_PAGE });
      if (found.kind === 'unavailable') return; // The next beat reads it again.
      for (const entry of found.value) {
        if (this.#answered.has(entry.nonce)) continue;
        this.#letters.push({ waiting: { from: 'inbox', entry }, resolve: () => undefined });
      }
      // What is in the letters must be answered before more is read, or it would be read twice.
      while (!this.#over && this.#letters.some(({ waiting }) => waiting.from === 'inbox')) {
        await this.#batch(this.#letters.splice(0, BATCH_LIMIT));
      }
      const last = found.value.at(-1);
      if (last === undefined || found.value.length < INBOX_PAGE) return;
      after = last.id;
    }
  }

  async #batch(letters: readonly Letter[]): Promise<void> {
    try {
      await this.#decide(letters, 0);
    } catch (error) {
      for (const { resolve } of letters) resolve({ kind: 'unknown' });
      throw error;
    }
  }

  /** @param notBefore what is to be carried out by then is expired, whatever the own idea of the fleet's time is */
  async #decide(letters: readonly Letter[], notBefore: number): Promise<void> {
    const { clock, stamp } = this.#deps;
    const now = Math.max(clock.now(), notBefore);
    const batch = decideWrites(
      letters.map(({ waiting }) => waiting),
      { world: this.#world, epoch: this.epoch, now, stamp },
    );
    if (batch.events.length > 0 || batch.answers.length > 0) {
      const end = await this.#append(batch);
      if (end === 'void') return this.#decide(letters, batch.notAfter + 1);
      if (end !== 'stored') {
        for (const { resolve } of letters) resolve({ kind: end });
        return;
      }
      this.#world = batch.world;
      this.#hasAnswered(batch.answers);
      if (batch.events.length > 0) {
        this.#stored = { epoch: this.epoch, seq: batch.world.state.seq };
        await this.#deps.appended(batch.events);
      }
    }
    letters.forEach(({ resolve }, index) => resolve(batch.decided[index] ?? { kind: 'unknown' }));
  }

  #hasAnswered(answers: readonly AnswerEntry[]): void {
    for (const { nonce } of answers) this.#answered.add(nonce);
    for (const nonce of this.#answered) {
      if (this.#answered.size <= MAX_ANSWERS) return;
      this.#answered.delete(nonce);
    }
  }

  /** `void`: it was too late for a write in it, which is expired by now. */
  async #append(batch: TermBatch): Promise<'stored' | 'void' | 'not-done' | 'unknown'> {
    const { events, answers, command, inbox, notAfter } = batch;
    const options = {
      ...this.#name,
      expectedSeq: this.#stored.seq,
      command,
      inbox,
      notAfter,
      events: eventTexts(events),
      answers,
    };
    let pending: PendingAppend = { epoch: this.epoch, after: this.#stored, command, isRepeated: false };
    const since = this.#deps.now();
    for (let looks = false; ;) {
      if (!this.#deps.lease.isValid) {
        return this.#endedDuring('the lease ended during an append', pending, looks);
      }
      if (this.#isBroken(since)) return this.#endedDuring('appends fail', pending, looks, true);
      const verdict: AppendVerdict = looks
        ? afterLook(pending, await this.#deps.store.head())
        : afterAppend(pending, await this.#deps.store.append(options));
      switch (verdict.kind) {
        case 'done':
          return 'stored';
        case 'void':
          return 'void';
        case 'again':
          pending = { ...pending, isRepeated: true };
          looks = false;
          break;
        case 'look':
          if (!looks && !pending.isRepeated) this.#deps.appendUnknown?.();
          if (looks) await this.#pause(LOOK_AFTER_MS);
          looks = true;
          break;
        case 'term-over':
          return this.#endedDuring(`the term is over: ${verdict.end}`, pending, looks);
      }
    }
  }

  /** A leader that can renew its lease and cannot append must not hold the lease for ever. */
  #isBroken(since: number): boolean {
    const { lease, times, now } = this.#deps;
    return now() - since > times.brokenLeaderMs && lease.renewedAt > since;
  }

  /** An append that was answered at once with a refusal did nothing; one that was once without an answer may have. */
  #endedDuring(
    reason: string,
    { isRepeated }: PendingAppend,
    looks: boolean,
    broken = false,
  ): 'not-done' | 'unknown' {
    this.#end(reason, broken);
    return isRepeated || looks ? 'unknown' : 'not-done';
  }

  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer: TimerHandle = this.#deps.timers.after(ms, resolve);
    return promise.finally(() => timer.cancel());
  }

  #end(reason: string, broken: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#deps.over(reason, broken);
  }

  #dismiss(): void {
    for (const { resolve } of this.#letters.splice(0)) resolve({ kind: 'not-done' });
  }
}
