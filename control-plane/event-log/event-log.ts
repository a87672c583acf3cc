/**
 * The event log: the stored sequence of all events, with one writer. Events survive `kill -9` once their `append` has
 * resolved. Checkpoints (`checkpoints.ts`) shorten the replay. `log-storage.ts` combines all that a primary stores.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { EventType, TidegateEvent } from '../domain/events.js';

export type EventLogErrorKind =
  /** The file is not a sound event log (torn, corrupt, foreign). It is never emptied: the message says what to do. */
  | 'corrupt'
  /** Another process has the log open for writing. */
  | 'in-use'
  /** The log holds events that this writer does not know, so another process wrote. */
  | 'conflict'
  /** A newer release wrote the log. */
  | 'too-new'
  /** The requested state is so old that `retain` has deleted the events that lead to it. */
  | 'forgotten'
  /** The directory or file cannot be read or written (permissions, full disk and so on). */
  | 'unavailable'
  /** The open file is no longer at its path: it was deleted, moved or replaced. What is written to it would vanish. */
  | 'lost';

/**
 * Errors that may pass while the log still belongs to this process. Events can be stored later. All other errors end the
 * process.
 */
export const PASSING_KINDS: readonly EventLogErrorKind[] = ['unavailable', 'lost', 'in-use'];

export function mayPass(kind: EventLogErrorKind): boolean {
  return PASSING_KINDS.includes(kind);
}

export class EventLogError extends Error {
  readonly kind: EventLogErrorKind;

  constructor(kind: EventLogErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EventLogError';
    this.kind = kind;
  }
}

export interface EventQuery {
  /** Only events with a greater number than this. */
  readonly after?: number;
  /** Only events up to this number, inclusive. */
  readonly upTo?: number;
  readonly types?: readonly EventType[];
  readonly pool?: PoolId;
  /** `null` selects only events without a backend, such as those of the pool itself. */
  readonly backend?: BackendId | null;
  /** The most events to return, 1 to 10,000. */
  readonly limit: number;
  /** `forward` returns the oldest first, `backward` the newest first. */
  readonly order: 'forward' | 'backward';
}

/** Selects events of a backend in a range of numbers. `backend: null` selects those of the pool itself. */
export interface EventCount {
  readonly pool: PoolId;
  readonly backend: BackendId | null;
  /** Only events with a greater number than this. */
  readonly after: number;
  /** Only events up to this number, inclusive. */
  readonly upTo: number;
}

/** Answers questions about events. */
export interface EventReader {
  /** Returns matching events. Reads in parts, so that other work of the process can run in between. */
  read(query: EventQuery): Promise<readonly TidegateEvent[]>;
  count(of: EventCount): Promise<number>;
  /**
   * Number of the newest event at or before `at` (milliseconds since 1970); 0 if there is none. Times never fall as numbers
   * rise.
   */
  seqAt(at: number): Promise<number>;
}

/** The end of the log. */
export interface LogEnd {
  /** Number of the last event. */
  readonly seq: number;
  /**
   * Id of the last command that led to an event; 0 if none did. The next ids follow it, so epoch and id identify the command
   * of each event. A command without an event may share its id with a command of the next epoch. That is harmless, because
   * no event refers to it.
   */
  readonly commandId: number;
}

export interface EventLog extends EventReader {
  end(): Promise<LogEnd>;
  /**
   * Appends all of `events` or none. They must follow event `expectedSeq`. If events before them were lost, the first must
   * be the `EventsLost` that covers the lost numbers. Rejects with EventLogError; then nothing was written.
   */
  append(expectedSeq: number, events: readonly TidegateEvent[]): Promise<void>;
  /** Deletes the events up to a number. Works in steps, so that other work of the process can run in between. */
  forget(upTo: number): Promise<void>;
}
