/**
 * Messages between the primary and the reader's thread. Their shapes are not checked, because both come from one build.
 */
import type { TidegateEvent } from '../domain/events.js';
import type { EventLogErrorKind } from '../event-log/event-log.js';
import type { HistoryAnswer, HistoryQuestion } from './questions.js';

export interface ReaderOptions {
  readonly dataDir: string;
}

export interface Ask {
  readonly id: number;
  readonly question: HistoryQuestion;
  /** Sequence number of the last stored event. A file that ends before it is not the file that the primary writes. */
  readonly storedSeq: number;
  /** Events after `storedSeq`, which the file does not have yet. */
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
