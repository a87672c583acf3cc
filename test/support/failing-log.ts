/** An event log in memory that can be told to refuse, and that tells what it was asked to store. */
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import type { JournalEntry } from '../../control-plane/domain/journal.js';
import {
  EventLogError,
  type EventLog,
  type EventLogErrorKind,
} from '../../control-plane/event-log/event-log.js';
import { createMemoryEventLog } from '../../control-plane/event-log/memory-event-log.js';

export interface Append {
  readonly events: readonly TidegateEvent[];
  readonly journal: readonly JournalEntry[];
}

export class FailingLog {
  readonly memory: EventLog = createMemoryEventLog();
  /** Appends that were stored, in order. */
  readonly appends: Append[] = [];
  checkpoints = 0;
  /** How appends fail from now on; `null`: they do not. */
  failure: EventLogErrorKind | null = null;
  checkpointsFail = false;

  readonly log: EventLog = {
    ...forwardedTo(this.memory),
    append: async (expectedSeq, events, journal) => {
      if (this.failure !== null) throw new EventLogError(this.failure, 'told to fail');
      await this.memory.append(expectedSeq, events, journal);
      this.appends.push({ events, journal });
    },
    saveCheckpoint: async (state) => {
      if (this.checkpointsFail) throw new EventLogError('unavailable', 'told to fail');
      await this.memory.saveCheckpoint(state);
      this.checkpoints += 1;
    },
  };

  get events(): readonly TidegateEvent[] {
    return this.appends.flatMap(({ events }) => events);
  }
}

function forwardedTo(log: EventLog): Omit<EventLog, 'append' | 'saveCheckpoint'> {
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
