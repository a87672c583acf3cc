/** What the primary and its reader's thread say to each other. Both are of one build and trust each other's shapes. */
import type { TidegateEvent } from '../domain/events.js';
import type { EventLogErrorKind } from '../event-log/event-log.js';
import type { HistoryAnswer, HistoryQuestion } from './questions.js';

export interface ReaderOptions {
  readonly dataDir: string;
}

export interface Ask {
  readonly id: number;
  readonly question: HistoryQuestion;
  /** The last event that is stored: a file that does not reach it is not the one that the primary writes. */
  readonly storedSeq: number;
  /** Events that wait to be stored. */
  readonly tail: readonly TidegateEvent[];
}

export type Answered =
  | { readonly id: number; readonly ok: true; readonly answer: HistoryAnswer }
  | {
      readonly id: number;
      readonly ok: false;
      readonly kind: EventLogErrorKind | null;
      readonly message: string;
    };
