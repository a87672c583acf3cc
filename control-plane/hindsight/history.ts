/** What can be asked about history, as the admin API sees it. */
import type { Explanation, Question } from '../domain/why.js';
import type { EventQuery } from '../event-log/event-log.js';

/** An event as the admin API shows it. */
export interface EventText {
  readonly seq: number;
  readonly json: string;
}

/** Fails with EventLogError, HistoryBusy or ReaderDied. */
export interface History {
  /** `null`: there never was such a backend, as far back as the log goes. */
  why(question: Question): Promise<Explanation | null>;
  events(query: EventQuery): Promise<readonly EventText[]>;
}

/** As many questions wait as are allowed at once. */
export class HistoryBusy extends Error {
  constructor() {
    super('As many questions about history wait as are allowed at once.');
    this.name = 'HistoryBusy';
  }
}

/** The thread that should have answered has ended; the next question begins another. */
export class ReaderDied extends Error {
  constructor(why: string) {
    super(`The reader of the event log could not answer: ${why}.`);
    this.name = 'ReaderDied';
  }
}
