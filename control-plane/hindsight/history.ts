/** The questions about history that the admin API asks, and how they fail. */
import type { Explanation, Question } from '../domain/why.js';
import type { EventQuery } from '../event-log/event-log.js';

/** An event as the admin API shows it, already written as JSON. */
export interface EventText {
  readonly epoch: number;
  readonly seq: number;
  readonly json: string;
}

/** All methods reject with EventLogError, HistoryBusy or ReaderDied. */
export interface History {
  /** Why the backend is as it is. `null`: the log, as far back as it goes, knows no such backend. */
  why(question: Question): Promise<Explanation | null>;
  events(query: EventQuery): Promise<readonly EventText[]>;
}

/** The most questions that may wait are waiting already. */
export class HistoryBusy extends Error {
  constructor() {
    super('Too many questions about history are waiting; try again.');
    this.name = 'HistoryBusy';
  }
}

/** The reader's thread ended before it answered. The next question starts another thread. */
export class ReaderDied extends Error {
  constructor(why: string) {
    super(`The reader of the event log could not answer: ${why}.`);
    this.name = 'ReaderDied';
  }
}
