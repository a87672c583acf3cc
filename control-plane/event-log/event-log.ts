/**
 * The event log: the stored sequence of all events. One writer. What `append` has answered is there after `kill -9`.
 * Checkpoints (`checkpoints.ts`) shorten its replay; `log-storage.ts` has all that a primary stores.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { EventType, TidegateEvent } from '../domain/events.js';

export type EventLogErrorKind =
  /** The file is not a sound event log (torn, corrupt, foreign). Never emptied: the message says what to do. */
  | 'corrupt'
  /** Another process has the log open for writing. */
  | 'in-use'
  /** The log holds more than this writer knew: somebody else wrote. */
  | 'conflict'
  /** Written by a newer release. */
  | 'too-new'
  /** Asked for a state so old that `retain` has forgotten what it was made of. */
  | 'forgotten'
  /** The directory or file cannot be read or written (permissions, disk full…). */
  | 'unavailable'
  /** The file that is open is no longer at its place: deleted, moved away or replaced. What is written to it vanishes. */
  | 'lost';

/** What may pass while the log stays ours: what has happened can be stored later. All else ends the process. */
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
  /** Only events with a greater number. */
  readonly after?: number;
  /** Only events up to this number. */
  readonly upTo?: number;
  readonly types?: readonly EventType[];
  readonly pool?: PoolId;
  /** `null`: only events about no backend, such as those of a pool itself. */
  readonly backend?: BackendId | null;
  /** At most this many, 1 to 10,000. */
  readonly limit: number;
  /** `forward`: oldest first. `backward`: newest first. */
  readonly order: 'forward' | 'backward';
}

/** Events of a backend, or with `null` of its pool itself, in a range of numbers. */
export interface EventCount {
  readonly pool: PoolId;
  readonly backend: BackendId | null;
  /** Only events with a greater number. */
  readonly after: number;
  /** Only events up to this number. */
  readonly upTo: number;
}

/** What questions about events are answered from. */
export interface EventReader {
  /** Goes through the log in parts, between which the process goes on. */
  read(query: EventQuery): Promise<readonly TidegateEvent[]>;
  count(of: EventCount): Promise<number>;
  /** Number of the newest event at or before a time; 0 when there is none. Time never falls with the number. */
  seqAt(at: number): Promise<number>;
}

/** Where the log ends. */
export interface LogEnd {
  /** Number of the last event. */
  readonly seq: number;
  /**
   * Id of the last command that led to an event; 0 if none. Ids go on from here, so each event tells its command by epoch
   * and id. A command without an event may share its id with one of the next epoch: nothing refers to it.
   */
  readonly commandId: number;
}

export interface EventLog extends EventReader {
  end(): Promise<LogEnd>;
  /**
   * Appends all of `events` or none of them. They must go on from `expectedSeq`. Where events before these were lost, the
   * first must be the `EventsLost` that tells of them, and numbers go on from there. Fails with EventLogError; then nothing
   * was written.
   */
  append(expectedSeq: number, events: readonly TidegateEvent[]): Promise<void>;
  /** Forgets the events up to a number, in steps, between which the process goes on. */
  forget(upTo: number): Promise<void>;
}
