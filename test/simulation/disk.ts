/**
 * The data directory: what was appended stays, whatever becomes of the primary. Every primary writes through a handle of
 * its own, whose appends take time, fail while the disk is full, and may or may not have happened when their primary
 * dies. Checks what is written as it is written: no gaps, one writer per epoch, epochs that never go back.
 */
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import { evolve } from '../../control-plane/domain/evolve.js';
import type { JournalEntry } from '../../control-plane/domain/journal.js';
import { initialState, type ControlState } from '../../control-plane/domain/state.js';
import { EventLogError, type EventLog } from '../../control-plane/event-log/event-log.js';
import { createMemoryEventLog } from '../../control-plane/event-log/memory-event-log.js';
import type { Chance } from './chance.js';
import type { Ledger } from './ledger.js';
import type { ProcessTimers } from '../support/virtual-time.js';

export class Disk {
  readonly log: EventLog = createMemoryEventLog();
  readonly events: TidegateEvent[] = [];
  readonly checkpoints: ControlState[] = [];
  readonly chance: Chance;
  full = false;
  /** Longest time that an append takes, milliseconds. */
  slowMs = 0;
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

  async write(
    writer: number,
    expectedSeq: number,
    events: readonly TidegateEvent[],
    journal: readonly JournalEntry[],
  ): Promise<void> {
    await this.log.append(expectedSeq, events, journal);
    for (const event of events) {
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
  }

  /** The log as one primary has it open. */
  open(writer: number, timers: ProcessTimers): EventLog {
    const { log } = this;
    return {
      recover: () => log.recover(),
      append: async (expectedSeq, events, journal) => {
        const waitMs = this.slowMs === 0 ? 0 : this.chance.between(0, this.slowMs);
        const early = this.chance.happens(0.5);
        this.#refuseWhenFull();
        // Either can be what has happened when a process is killed before it knows.
        if (early) await this.write(writer, expectedSeq, events, journal);
        if (waitMs > 0) await timers.wait(waitMs);
        if (early) return;
        this.#refuseWhenFull();
        await this.write(writer, expectedSeq, events, journal);
      },
      read: (query) => log.read(query),
      count: (of) => log.count(of),
      seqAt: (at) => log.seqAt(at),
      checkpointBefore: (seq) => log.checkpointBefore(seq),
      saveCheckpoint: async (state) => {
        this.#refuseWhenFull();
        await log.saveCheckpoint(state);
        this.checkpoints.push(state);
      },
      readJournal: (from, to) => log.readJournal(from, to),
      retain: (limits) => log.retain(limits),
      close: async () => undefined,
    };
  }

  #refuseWhenFull(): void {
    if (this.full) throw new EventLogError('unavailable', 'The event log cannot be written: no space left.');
  }
}
