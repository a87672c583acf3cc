/** A storage in memory that can be told to refuse, and that tells what it was asked to store. */
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import { EventLogError, type EventLogErrorKind } from '../../control-plane/event-log/event-log.js';
import type { Batch, LogStorage } from '../../control-plane/event-log/log-storage.js';
import { createMemoryStorage } from '../../control-plane/event-log/memory-storage.js';

export class FailingLog {
  readonly memory: LogStorage = createMemoryStorage();
  /** Appends that were stored, in order. */
  readonly appends: Batch[] = [];
  checkpoints = 0;
  /** How appends fail from now on; `null`: they do not. */
  failure: EventLogErrorKind | null = null;
  checkpointsFail = false;
  /** Whether journal entries are lost, as when they are stored elsewhere than events. */
  entriesFail = false;
  /** How the making of a new log fails; `null`: it does not, and all is well afterwards. */
  renewalFailure: EventLogError | null = null;
  /** Appends, looks and renewals so far, successful or not. */
  attempts = 0;
  /** Looks, each with whether it was to write. */
  readonly checks: boolean[] = [];

  readonly log: LogStorage = {
    events: this.memory.events,
    journal: this.memory.journal,
    checkpoints: {
      before: (seq) => this.memory.checkpoints.before(seq),
      seqs: () => this.memory.checkpoints.seqs(),
      forget: (seqs) => this.memory.checkpoints.forget(seqs),
      save: async (state) => {
        if (this.checkpointsFail) throw new EventLogError('unavailable', 'told to fail');
        await this.memory.checkpoints.save(state);
        this.checkpoints += 1;
      },
    },
    append: async (expectedSeq, batch) => {
      this.#attempt();
      const stored = this.entriesFail ? { ...batch, entries: [] } : batch;
      const appended = await this.memory.append(expectedSeq, stored);
      this.appends.push(stored);
      return this.entriesFail ? 'without-entries' : appended;
    },
    check: async (byWriting) => {
      this.checks.push(byWriting);
      this.#attempt();
    },
    renew: async (base, batch) => {
      this.attempts += 1;
      if (this.renewalFailure !== null) throw this.renewalFailure;
      await this.memory.renew(base, batch);
      this.failure = null;
      this.appends.length = 0;
      this.appends.push({ ...batch, base });
    },
    close: () => this.memory.close(),
  };

  #attempt(): void {
    this.attempts += 1;
    if (this.failure !== null) throw new EventLogError(this.failure, 'told to fail');
  }

  get events(): readonly TidegateEvent[] {
    return this.appends.flatMap(({ events }) => events);
  }
}
