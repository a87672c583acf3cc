/**
 * The only writer of state. Takes commands in the order in which they came, decides, stores the events, and only
 * then shows the new world: to callers, to followers, to the workers. What it has answered survives `kill -9`.
 *
 * It does not know where commands come from nor what a snapshot looks like on the wire.
 */
import { assert } from '#shared/assert.js';
import type { Clock, Logger, TimerHandle, Timers } from '#shared/ports.js';
import type { Command, CommandDraft } from '../domain/commands.js';
import { nextDeadline } from '../domain/deadline.js';
import { decide } from '../domain/decide.js';
import type { Decision, World } from '../domain/decision.js';
import type { TidegateEvent } from '../domain/events.js';
import { evolve } from '../domain/evolve.js';
import type { ControlState } from '../domain/state.js';
import { initialObservations } from '../domain/observations.js';
import { type EventLog, EventLogError } from '../event-log/event-log.js';
import type { MailboxFull } from './control-port.js';
import { JournalWriter } from './journal-writer.js';
import { Mailbox } from './mailbox.js';

/** Commands decided and stored together. Bounds how long one append takes. */
const BATCH_LIMIT = 256;
/** Events after which a checkpoint is made, or as many as there are backends if these are more… */
const CHECKPOINT_EVENTS = 500;
/** …or this time after the last one, if there were any. */
const CHECKPOINT_MS = 300_000;
/** How often buffered journal entries are written when no event takes them along. */
const JOURNAL_FLUSH_MS = 1_000;
/** A clock that is behind the last event by no more than this is not worth a word. */
const CLOCK_TOLERANCE_MS = 5_000;
/** How soon facts that the log has refused are tried again. */
export const OWED_RETRY_MS = 250;
/** Facts that may wait for the log. There are a few per worker and permit. */
export const MAX_OWED = 1_000;

export interface ControlLoopOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly seed: () => number;
  readonly logger: Logger;
  /** The world has changed: events are stored, promises about to resolve. */
  readonly changed: (world: World, events: readonly TidegateEvent[]) => void;
  /** The log can no longer be trusted or written by us: the process must end. */
  readonly fatal: (error: EventLogError) => void;
  /** A command was refused because the mailbox was full. */
  readonly dropped: (command: CommandDraft) => void;
}

interface Letter {
  readonly draft: CommandDraft;
  readonly resolve: (decision: Decision) => void;
  readonly reject: (error: unknown) => void;
}

export class ControlLoop {
  readonly #options: ControlLoopOptions;
  readonly #mailbox = new Mailbox<Letter>();
  readonly #journal: JournalWriter;
  /** How far the log's last event was ahead of the clock when it was opened. */
  readonly #aheadMs: number;
  /** Facts that the log has refused, in order. */
  #owed: Letter[] = [];
  #owedTimer: TimerHandle | null = null;
  #owedDue = false;
  #world: World;
  #lastCommandId: number;
  #at: number;
  #draining: Promise<void> | null = null;
  #deadline: TimerHandle | null = null;
  #flushTimer: TimerHandle | null = null;
  #checkpointSeq: number;
  #checkpointAt: number;
  #flushDue = false;
  #closed = false;

  private constructor(
    options: ControlLoopOptions,
    world: World,
    lastCommandId: number,
    checkpointSeq: number,
  ) {
    this.#options = options;
    this.#world = world;
    this.#lastCommandId = lastCommandId;
    this.#at = world.state.at;
    this.#aheadMs = Math.max(0, world.state.at - options.clock.now());
    if (this.#aheadMs > CLOCK_TOLERANCE_MS) {
      options.logger.warn(
        { aheadMs: this.#aheadMs },
        'the clock was set back: time goes on from the last event',
      );
    }
    this.#checkpointSeq = checkpointSeq;
    this.#checkpointAt = options.clock.now();
    this.#journal = new JournalWriter();
  }

  /** Folds the log into the state where the last primary left it. Fails with EventLogError. */
  static async open(options: ControlLoopOptions): Promise<ControlLoop> {
    const { checkpoint, events, lastCommandId } = await options.log.recover();
    let state = checkpoint;
    let lastId = lastCommandId;
    for (const event of events) {
      state = evolve(state, event);
      lastId = Math.max(lastId, event.cause.id);
    }
    return new ControlLoop(options, { state, observations: initialObservations() }, lastId, checkpoint.seq);
  }

  get world(): World {
    return this.#world;
  }

  get mailboxDepth(): number {
    return this.#mailbox.depth;
  }

  /**
   * Resolves when the command's events are stored. Rejects with EventLogError when they cannot be: then nothing happened.
   * Facts that nobody would tell again (`isFact`) are not rejected but stored as soon as the log can be written.
   */
  submit(draft: CommandDraft): Promise<Decision | MailboxFull> {
    const { promise, resolve, reject } = Promise.withResolvers<Decision | MailboxFull>();
    if (this.#closed || !this.#mailbox.offer({ draft, resolve, reject }, isObservation(draft))) {
      this.#options.dropped(draft);
      resolve({ kind: 'mailbox-full' });
    }
    this.#draining ??= this.#drain();
    return promise;
  }

  /** Records an observation: nobody waits for what comes of it. */
  record(draft: CommandDraft): void {
    this.submit(draft).catch((error: unknown) => {
      this.#options.logger.error({ command: draft.type, err: error }, 'observation not recorded');
    });
  }

  /** Decides what is queued, stores the rest of the journal and a checkpoint. Later commands are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#deadline?.cancel();
    this.#flushTimer?.cancel();
    this.#owedTimer?.cancel();
    this.#owedDue = this.#owed.length > 0;
    this.#draining ??= this.#drain();
    await this.#draining;
    this.#journal.finish();
    await this.#flushJournal();
    if (this.#world.state.seq > this.#checkpointSeq) await this.#checkpoint();
  }

  async #drain(): Promise<void> {
    // Lets commands that arrive in the same turn share one append.
    await Promise.resolve();
    while (this.#mailbox.depth > 0 || this.#flushDue || this.#owedDue) {
      if (this.#owedDue) await this.#batch(this.#takeOwed());
      const letters = this.#behindOwed(this.#mailbox.take(BATCH_LIMIT));
      if (letters.length > 0) await this.#batch(letters);
      if (this.#flushDue) await this.#flushJournal();
    }
    this.#draining = null;
  }

  #takeOwed(): readonly Letter[] {
    const owed = this.#owed;
    this.#owed = [];
    this.#owedDue = false;
    return owed;
  }

  /** Facts keep their order: while some wait, those that come later wait behind them. Everything else goes on. */
  #behindOwed(letters: readonly Letter[]): readonly Letter[] {
    if (this.#owed.length === 0) return letters;
    for (const letter of letters) if (isFact(letter.draft)) this.#owe(letter);
    return letters.filter(({ draft }) => !isFact(draft));
  }

  #owe(letter: Letter, error: unknown = null): void {
    if (this.#closed || this.#owed.length >= MAX_OWED) {
      letter.reject(error ?? new EventLogError('unavailable', 'Too many facts wait for the event log.'));
      return;
    }
    this.#owed.push(letter);
    this.#owedTimer ??= this.#options.timers.after(OWED_RETRY_MS, () => {
      this.#owedTimer = null;
      this.#owedDue = true;
      this.#draining ??= this.#drain();
    });
  }

  async #batch(letters: readonly Letter[]): Promise<void> {
    const before = this.#world;
    let world = before;
    const events: TidegateEvent[] = [];
    const decisions: Decision[] = [];
    for (const { draft } of letters) {
      const command = this.#stamp(draft);
      const decision = decide(command, world);
      decisions.push(decision);
      if (decision.kind === 'rejected') continue;
      this.#journal.record(command, decision, world);
      world = decision.world;
      for (const event of decision.events) events.push(event);
    }
    try {
      if (events.length > 0) {
        await this.#options.log.append(before.state.seq, events, this.#journal.entries());
        this.#journal.written();
      } else {
        this.#journal.keep();
      }
    } catch (error) {
      this.#journal.forget();
      this.#failed(error, letters);
      return;
    }
    this.#world = world;
    this.#afterwards(events);
    letters.forEach((letter, index) => {
      const decision = decisions[index];
      assert(decision !== undefined, 'every command of a batch is decided');
      letter.resolve(decision);
    });
    await this.#checkpointIfDue();
  }

  #stamp(draft: CommandDraft): Command {
    this.#lastCommandId += 1;
    this.#at = Math.max(this.#at, this.#now());
    return { ...draft, id: this.#lastCommandId, at: this.#at, seed: this.#options.seed() };
  }

  /**
   * Never before the log's last event: after one that was written while the clock was ahead, time goes on from there, so
   * that what waits for it (an open breaker) does not wait until the clock has caught up.
   */
  #now(): number {
    return this.#options.clock.now() + this.#aheadMs;
  }

  #afterwards(events: readonly TidegateEvent[]): void {
    if (this.#closed) return;
    this.#options.changed(this.#world, events);
    this.#armDeadline();
    if (this.#journal.hasEntries) {
      this.#flushTimer ??= this.#options.timers.after(JOURNAL_FLUSH_MS, () => {
        this.#flushTimer = null;
        this.#flushDue = true;
        this.#draining ??= this.#drain();
      });
    }
  }

  #armDeadline(): void {
    this.#deadline?.cancel();
    this.#deadline = null;
    const due = nextDeadline(this.#world);
    if (due === null) return;
    const delayMs = Math.max(0, due - this.#now());
    this.#deadline = this.#options.timers.after(delayMs, () =>
      this.record({ type: 'AdvanceTime', actor: { kind: 'clock' } }),
    );
  }

  /** The log has refused an append: nothing of the batch happened. */
  #failed(error: unknown, letters: readonly Letter[]): void {
    const mayPass = error instanceof EventLogError && error.kind === 'unavailable';
    for (const letter of letters) {
      if (mayPass && isFact(letter.draft)) this.#owe(letter, error);
      else letter.reject(error);
    }
    if (!(error instanceof EventLogError)) throw error;
    if (!mayPass) this.#options.fatal(error);
  }

  /** Writes what no event took along. If that fails it is tried again with the next entries. */
  async #flushJournal(): Promise<void> {
    this.#flushDue = false;
    const entries = this.#journal.entries();
    if (entries.length === 0) return;
    try {
      await this.#options.log.append(this.#world.state.seq, [], entries);
      this.#journal.written();
    } catch (error) {
      this.#options.logger.error({ entries: entries.length, err: error }, 'observation journal not written');
      if (error instanceof EventLogError && error.kind !== 'unavailable') this.#options.fatal(error);
    }
  }

  async #checkpointIfDue(): Promise<void> {
    const { state } = this.#world;
    const age = this.#options.clock.now() - this.#checkpointAt;
    const grown = state.seq - this.#checkpointSeq;
    if (grown < eventsPerCheckpoint(state) && (grown === 0 || age < CHECKPOINT_MS)) return;
    await this.#checkpoint();
  }

  async #checkpoint(): Promise<void> {
    const { state } = this.#world;
    try {
      await this.#options.log.saveCheckpoint(state);
      this.#checkpointSeq = state.seq;
      this.#checkpointAt = this.#options.clock.now();
    } catch (error) {
      this.#options.logger.error(
        { err: error },
        'checkpoint not written: the next start reads more of the log',
      );
    }
  }
}

/** A checkpoint costs what there is; made after as many events as there are backends, it costs each event the same. */
function eventsPerCheckpoint({ pools }: ControlState): number {
  let backends = 0;
  for (const pool of pools.values()) backends += pool.backends.size;
  return Math.max(CHECKPOINT_EVENTS, backends);
}

/** Observations come in any number and may be dropped under load; everything else must not be. */
function isObservation(draft: CommandDraft): boolean {
  return draft.type === 'RecordHealthCheck' || (draft.type === 'RecordOutcomes' && !isFact(draft));
}

/**
 * What nobody would tell again, and what would be wrong for ever without it: that a worker came or went, that a trial's
 * permit came back, that a deadline has passed. A check or an outcome lost is followed by another.
 */
function isFact(draft: CommandDraft): boolean {
  switch (draft.type) {
    case 'RecordWorkerStarted':
    case 'RecordWorkerReady':
    case 'RecordWorkerExited':
    case 'AdvanceTime':
      return true;
    case 'RecordOutcomes':
      return draft.outcomes.some(({ trials }) => trials.length > 0);
    case 'StartPrimary':
    case 'StopPrimary':
    case 'ApplyConfig':
    case 'RejectConfig':
    case 'AddBackend':
    case 'RemoveBackend':
    case 'ChangeBackend':
    case 'ChangePool':
    case 'ResetConfig':
    case 'RecordHealthCheck':
    case 'RecordCertificate':
    case 'RejectCertificate':
      return false;
  }
}
