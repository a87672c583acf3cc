/** An event log in memory that can be told to refuse, and that tells what it was asked to store. */
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import type { JournalEntry } from '../../control-plane/domain/journal.js';
import type { ControlState } from '../../control-plane/domain/state.js';
import {
  EventLogError,
  type EventLog,
  type EventLogErrorKind,
} from '../../control-plane/event-log/event-log.js';
import { createMemoryEventLog } from '../../control-plane/event-log/memory-event-log.js';

export interface Append {
  readonly events: readonly TidegateEvent[];
  readonly journal: readonly JournalEntry[];
  readonly base: ControlState | null;
}

export class FailingLog {
  readonly memory: EventLog = createMemoryEventLog();
  /** Appends that were stored, in order. */
  readonly appends: Append[] = [];
  checkpoints = 0;
  /** How appends fail from now on; `null`: they do not. */
  failure: EventLogErrorKind | null = null;
  checkpointsFail = false;
  /** How the making of a new log fails; `null`: it does not, and all is well afterwards. */
  renewalFailure: EventLogError | null = null;
  /** Appends, looks and renewals so far, successful or not. */
  attempts = 0;
  /** Looks, each with whether it was to write. */
  readonly checks: boolean[] = [];

  readonly log: EventLog = {
    ...forwardedTo(this.memory),
    append: async (expectedSeq, events, journal, base) => {
      this.#attempt();
      await this.memory.append(expectedSeq, events, journal, base);
      this.appends.push({ events, journal, base: base ?? null });
    },
    check: async (byWriting) => {
      this.checks.push(byWriting);
      this.#attempt();
    },
    renew: async (base, events, journal) => {
      this.attempts += 1;
      if (this.renewalFailure !== null) throw this.renewalFailure;
      await this.memory.renew(base, events, journal);
      this.failure = null;
      this.appends.length = 0;
      this.appends.push({ events, journal, base });
    },
    saveCheckpoint: async (state) => {
      if (this.checkpointsFail) throw new EventLogError('unavailable', 'told to fail');
      await this.memory.saveCheckpoint(state);
      this.checkpoints += 1;
    },
  };

  #attempt(): void {
    this.attempts += 1;
    if (this.failure !== null) throw new EventLogError(this.failure, 'told to fail');
  }

  get events(): readonly TidegateEvent[] {
    return this.appends.flatMap(({ events }) => events);
  }
}

function forwardedTo(log: EventLog): Omit<EventLog, 'append' | 'saveCheckpoint' | 'check' | 'renew'> {
  return {
    recover: () => log.recover(),
    read: (query) => log.read(query),
    count: (of) => log.count(of),
    seqAt: (at) => log.seqAt(at),
    checkpointBefore: (seq) => log.checkpointBefore(seq),
    readJournal: (from, to) => log.readJournal(from, to),
    retain: (limits) => log.retain(limits),
    close: () => log.close(),
  };
}
