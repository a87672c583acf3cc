/**
 * The data directory: what was appended stays, whatever becomes of the primary. Every primary writes through a handle of
 * its own, whose appends take time, fail while the disk is full or the directory is gone, and may or may not have happened
 * when their primary dies. Checks what is written as it is written: no gaps but those that are told, one writer per epoch,
 * epochs that never go back.
 */
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import { evolve } from '../../control-plane/domain/evolve.js';
import { initialState, type ControlState } from '../../control-plane/domain/state.js';
import { EventLogError } from '../../control-plane/event-log/event-log.js';
import type { Appended, Batch, LogStorage } from '../../control-plane/event-log/log-storage.js';
import { createMemoryStorage } from '../../control-plane/event-log/memory-storage.js';
import type { Chance } from './chance.js';
import type { Ledger } from './ledger.js';
import type { ProcessTimers } from '../support/virtual-time.js';

/** What one append writes. */
interface Writing extends Batch {
  readonly expectedSeq: number;
}

export class Disk {
  readonly log: LogStorage = createMemoryStorage();
  readonly chance: Chance;
  full = false;
  /** The directory was deleted under the primary that runs. */
  lost = false;
  /** Longest time that an append takes, milliseconds. */
  slowMs = 0;
  events: TidegateEvent[] = [];
  checkpoints: ControlState[] = [];
  /** Who opened it last and so holds the claim to it: the only one that makes it anew. */
  #holder = 0;
  /** States after events that are not in the log. */
  #bases: ControlState[] = [];
  readonly #ledger: Ledger;
  readonly #writers = new Map<number, number>();
  #folded: ControlState = initialState();

  constructor(chance: Chance, ledger: Ledger) {
    this.chance = chance;
    this.#ledger = ledger;
  }

  /** The fold of all that was ever appended. */
  get folded(): ControlState {
    return this.#folded;
  }

  /** The fold of the log from a state on, up to an event: over a gap, from what was kept there. */
  foldFrom(state: ControlState, upTo = Infinity): ControlState {
    const base = this.#bases.findLast(({ seq }) => seq <= upTo);
    const start = base !== undefined && base.seq > state.seq ? base : state;
    return this.events.filter(({ seq }) => seq <= upTo).reduce(evolve, start);
  }

  async #write(writer: number, { expectedSeq, ...batch }: Writing): Promise<Appended> {
    const appended = await this.log.append(expectedSeq, batch);
    if (batch.base !== undefined) this.#goOnFrom(batch.base);
    for (const event of batch.events) this.#take(writer, event);
    return appended;
  }

  #goOnFrom(base: ControlState): void {
    this.#ledger.count('gaps');
    this.#bases.push(base);
    this.#folded = base;
  }

  #take(writer: number, event: TidegateEvent): void {
    const last = this.#folded;
    this.#ledger.require(event.seq === last.seq + 1, 'log-gapless', `${event.seq} after ${last.seq}`);
    this.#ledger.require(event.epoch >= last.epoch, 'epochs-rise', `${event.epoch} after ${last.epoch}`);
    const known = this.#writers.get(event.epoch) ?? writer;
    this.#ledger.require(known === writer, 'one-writer-per-epoch', `epoch ${event.epoch}`);
    this.#writers.set(event.epoch, writer);
    this.#ledger.event(last, event);
    this.#folded = evolve(last, event);
    this.events.push(event);
  }

  /** The log as one primary has it open. Whoever opens it finds the directory in its place. */
  open(writer: number, timers: ProcessTimers): LogStorage {
    const { log } = this;
    this.lost = false;
    this.#holder = writer;
    return {
      events: log.events,
      journal: log.journal,
      checkpoints: {
        before: (seq) => log.checkpoints.before(seq),
        seqs: () => log.checkpoints.seqs(),
        forget: (seqs) => log.checkpoints.forget(seqs),
        save: async (state) => {
          this.#refuseWhenUnusable();
          await log.checkpoints.save(state);
          this.checkpoints.push(state);
        },
      },
      append: async (expectedSeq, batch) => {
        const waitMs = this.slowMs === 0 ? 0 : this.chance.between(0, this.slowMs);
        const early = this.chance.happens(0.5);
        const write = () => this.#write(writer, { expectedSeq, ...batch });
        this.#refuseWhenUnusable();
        // Either can be what has happened when a process is killed before it knows.
        const appended = early ? await write() : null;
        if (waitMs > 0) await timers.wait(waitMs);
        if (appended !== null) return appended;
        this.#refuseWhenUnusable();
        return write();
      },
      check: async () => this.#refuseWhenUnusable(),
      renew: async (base, batch) => {
        this.#refuseWhenFull();
        if (!this.lost || writer !== this.#holder) {
          throw new EventLogError('lost', 'Another file is at its place.');
        }
        await log.renew(base, batch);
        this.lost = false;
        this.#ledger.count('renewals');
        this.events = [];
        this.checkpoints = [];
        this.#bases = [base];
        this.#folded = base;
        for (const event of batch.events) this.#take(writer, event);
      },
      close: async () => undefined,
    };
  }

  #refuseWhenUnusable(): void {
    if (this.lost) throw new EventLogError('lost', 'The event log is lost: it was deleted.');
    this.#refuseWhenFull();
  }

  #refuseWhenFull(): void {
    if (this.full) throw new EventLogError('unavailable', 'The event log cannot be written: no space left.');
  }
}
