/**
 * The only writer of the state. It takes commands in the order of their arrival, decides them, stores the events, and only
 * then shows the new world to callers, followers and workers. Therefore what it has answered survives `kill -9`.
 *
 * While the log cannot be written, observations (checks, outcomes, workers, deadlines) are decided and shown nevertheless,
 * and stored later (`event-store.ts`). Writes are refused. It knows neither where commands come from nor how a snapshot is
 * encoded.
 */
import { assert } from '#shared/assert.js';
import type { Clock, Logger, TimerHandle, Timers } from '#shared/ports.js';
import type { CommandDraft, LossReason } from '../domain/commands.js';
import { nextDeadline } from '../domain/deadline.js';
import type { Decision, World } from '../domain/decision.js';
import type { TidegateEvent } from '../domain/events.js';
import { evolve } from '../domain/evolve.js';
import { initialObservations } from '../domain/observations.js';
import { type EventLogError, mayPass } from '../event-log/event-log.js';
import type { LogStorage } from '../event-log/log-storage.js';
import type { LogTail } from '../event-log/read-with-tail.js';
import { type Recovered, recover } from '../event-log/recover.js';
import { CheckpointSchedule } from './checkpoint-schedule.js';
import { isObservation, isWrite } from './command-kinds.js';
import { CommandStamps } from './command-stamps.js';
import { type Decisions, decideBatch } from './decide-batch.js';
import type { MailboxFull, StoreStatus } from '../control-port.js';
import { EventStore, STORE_WATCH_MS } from './event-store.js';
import { JournalWriter } from './journal-writer.js';
import { Mailbox } from './mailbox.js';
import type { StoreListener } from './store-outage.js';

/** How many commands are decided and stored together. The limit bounds the duration of one append. */
const BATCH_LIMIT = 256;
/** How long buffered journal entries wait at most for an event to be stored with, in milliseconds. */
const JOURNAL_FLUSH_MS = 1_000;

interface ControlLoopOptions {
  readonly log: LogStorage;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly seed: () => number;
  readonly logger: Logger;
  /** Called when the world has changed, before callers get their decisions. */
  readonly changed: (world: World, events: readonly TidegateEvent[]) => void;
  /** Called when the log cannot be trusted any more, or belongs to another process. This process must end. */
  readonly fatal: (error: EventLogError) => void;
  /** Called when the full mailbox has refused a command. */
  readonly dropped: (command: CommandDraft) => void;
  readonly store: StoreListener;
  readonly maxUnstoredEvents?: number;
}

interface Letter {
  readonly draft: CommandDraft;
  readonly resolve: (decision: Decision) => void;
  readonly reject: (error: unknown) => void;
}

export class ControlLoop {
  readonly #options: ControlLoopOptions;
  readonly #mailbox = new Mailbox<Letter>();
  readonly #store: EventStore;
  readonly #stamps: CommandStamps;
  readonly #checkpoints: CheckpointSchedule;
  #journal = new JournalWriter();
  #world: World;
  #turn: Promise<void> | null = null;
  #deadline: TimerHandle | null = null;
  #flushTimer: TimerHandle | null = null;
  #lookTimer: TimerHandle | null = null;
  #flushDue = false;
  #lookDue = false;
  #closed = false;
  /** Set once a fatal error was reported. */
  #doomed = false;

  private constructor(options: ControlLoopOptions, world: World, { lastCommandId, checkpoint }: Recovered) {
    const { clock, logger, log } = options;
    this.#options = options;
    this.#world = world;
    this.#stamps = new CommandStamps({ commandId: lastCommandId, at: world.state.at }, options);
    this.#checkpoints = new CheckpointSchedule(checkpoint.seq, {
      checkpoints: log.checkpoints,
      clock,
      logger,
    });
    this.#store = new EventStore(world.state, {
      ...options,
      interruptJournal: () => this.#journal.interrupt(),
    });
    this.#armLook();
  }

  /** Restores the state from the log, as the last primary left it. Rejects with EventLogError. */
  static async open(options: ControlLoopOptions): Promise<ControlLoop> {
    const recovered = await recover(options.log);
    const state = recovered.events.reduce(evolve, recovered.checkpoint);
    return new ControlLoop(options, { state, observations: initialObservations() }, recovered);
  }

  get world(): World {
    return this.#world;
  }

  /** Whether decisions can be stored at present. */
  get storage(): StoreStatus {
    return this.#store.status;
  }

  /**
   * The events that are shown but not stored; empty while the log can be written. Events whose append is under way are left
   * out, because they are not shown yet and may still be refused.
   */
  get unstored(): LogTail {
    const { base, events } = this.#store.tail;
    const { seq } = this.#world.state;
    const shown = (events.at(-1)?.seq ?? 0) <= seq ? events : events.filter((event) => event.seq <= seq);
    return { base, events: shown };
  }

  get mailboxDepth(): number {
    return this.#mailbox.depth;
  }

  /**
   * Decides a command; resolves when its events are stored. While the log cannot be written, a write (`isWrite`) rejects
   * with EventLogError and changes nothing. Any other command is then decided in memory and stored as soon as possible.
   */
  submit(draft: CommandDraft): Promise<Decision | MailboxFull> {
    const { promise, resolve, reject } = Promise.withResolvers<Decision | MailboxFull>();
    if (this.#closed || !this.#mailbox.offer({ draft, resolve, reject }, isObservation(draft))) {
      this.#options.dropped(draft);
      resolve({ kind: 'mailbox-full' });
    }
    this.#turn ??= this.#work();
    return promise;
  }

  /** Submits an observation without awaiting the decision. */
  record(draft: CommandDraft): void {
    this.submit(draft).catch((error: unknown) => {
      this.#options.logger.error({ command: draft.type, err: error }, 'observation not recorded');
    });
  }

  /** Decides the queued commands, then stores the rest of the journal and a checkpoint. Refuses later commands. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#deadline?.cancel();
    this.#flushTimer?.cancel();
    this.#lookTimer?.cancel();
    this.#turn ??= this.#work();
    await this.#turn;
    const { state } = this.#world;
    this.#store.keep({ events: [], entries: this.#journal.finish(), after: state });
    await this.#look();
    await this.#flush();
    if (this.#store.isBehind) {
      const events = this.#store.tail.events.length;
      this.#options.logger.error({ events }, 'what could not be stored ends with this process');
    } else await this.#checkpoints.save(state);
  }

  async #work(): Promise<void> {
    // Commands that arrive in the same turn of the event loop share one append.
    await Promise.resolve();
    while (this.#mailbox.depth > 0 || this.#flushDue || this.#lookDue) {
      const letters = this.#mailbox.take(BATCH_LIMIT);
      if (letters.length > 0) await this.#batch(letters);
      if (this.#lookDue) await this.#look();
      if (this.#flushDue) await this.#flush();
    }
    this.#turn = null;
  }

  async #batch(letters: readonly Letter[]): Promise<void> {
    const hasWrites = letters.some(({ draft }) => isWrite(draft));
    // A caller waits for the answer. Therefore the log is tried now, before the next attempt is due.
    if (hasWrites && this.#store.error !== null) await this.#look();
    if (hasWrites && this.#store.error !== null) return this.#withoutWrites(letters, this.#store.error);
    const decided = this.#decide(letters.map(({ draft }) => draft));
    this.#store.keep(decided);
    if (decided.events.length > 0 && this.#store.error === null) {
      const error = await this.#store.flush();
      if (error !== null && (hasWrites || !mayPass(error.kind))) {
        this.#store.takeBack(decided);
        this.#journal.interrupt();
        return this.#withoutWrites(letters, error);
      }
    }
    this.#show(decided);
    letters.forEach((letter, index) => {
      const decision = decided.decisions[index];
      assert(decision !== undefined, 'every command of a batch is decided');
      letter.resolve(decision);
    });
    if (this.#store.isOverfull) this.#giveUp();
    await this.#checkpointIfDue();
  }

  /**
   * Handles a failed append: none of the batch happened. Writes are rejected; other commands are decided again, in memory.
   */
  async #withoutWrites(letters: readonly Letter[], error: EventLogError): Promise<void> {
    const rest: Letter[] = [];
    for (const letter of letters) {
      if (mayPass(error.kind) && !isWrite(letter.draft)) rest.push(letter);
      else letter.reject(error);
    }
    this.#endIfFatal(error);
    if (rest.length > 0) await this.#batch(rest);
  }

  #decide(drafts: readonly CommandDraft[], journal = this.#journal): Decisions {
    const commands = drafts.map((draft) => this.#stamps.stamp(draft));
    return decideBatch(commands, this.#world, journal);
  }

  /** Puts the new world in force. */
  #show({ world, events }: Pick<Decisions, 'world' | 'events'>): void {
    this.#world = world;
    if (this.#closed) return;
    this.#options.changed(world, events);
    this.#armDeadline();
    if (this.#store.hasEntries && this.#store.error === null) {
      this.#flushTimer ??= this.#options.timers.after(JOURNAL_FLUSH_MS, () => {
        this.#flushTimer = null;
        this.#flushDue = true;
        this.#turn ??= this.#work();
      });
    }
  }

  #armDeadline(): void {
    this.#deadline?.cancel();
    this.#deadline = null;
    const due = nextDeadline(this.#world);
    if (due === null) return;
    const delayMs = Math.max(0, due - this.#stamps.now());
    this.#deadline = this.#options.timers.after(delayMs, () =>
      this.record({ type: 'AdvanceTime', actor: { kind: 'clock' } }),
    );
  }

  #armLook(): void {
    this.#lookTimer = this.#options.timers.after(STORE_WATCH_MS, () => {
      this.#lookDue = true;
      this.#turn ??= this.#work();
      if (!this.#closed && !this.#doomed) this.#armLook();
    });
  }

  async #look(): Promise<void> {
    this.#lookDue = false;
    this.#endIfFatal(await this.#store.look());
    if (this.#store.isLost) await this.#renew();
  }

  /** Stores what waits without an event. The next look repeats a failed attempt. */
  async #flush(): Promise<void> {
    this.#flushDue = false;
    if (this.#store.error === null) this.#endIfFatal(await this.#store.flush());
  }

  #endIfFatal(error: EventLogError | null): void {
    if (error === null || mayPass(error.kind) || this.#doomed) return;
    this.#doomed = true;
    this.#options.fatal(error);
  }

  /**
   * Begins a new log because the file is gone. The new log holds the present state and an event that says what is missing.
   */
  async #renew(): Promise<void> {
    const journal = new JournalWriter();
    const loss = this.#decideLoss('file', journal);
    if (!(await this.#store.renew(loss))) return;
    this.#journal = journal;
    this.#show(loss);
  }

  /** Gives up the waiting events because memory may not keep more of them. */
  #giveUp(): void {
    this.#journal = new JournalWriter();
    const base = this.#world.state;
    const loss = this.#decideLoss('memory', this.#journal);
    this.#store.giveUp(base, loss);
    this.#show(loss);
  }

  #decideLoss(reason: LossReason, journal: JournalWriter): Decisions {
    const extent = this.#store.lossBefore(this.#world.state, reason);
    return this.#decide([{ type: 'RecordLoss', ...extent, actor: { kind: 'primary' } }], journal);
  }

  async #checkpointIfDue(): Promise<void> {
    if (this.#store.isBehind || this.#store.error !== null) return;
    await this.#checkpoints.saveIfDue(this.#world.state);
  }
}
