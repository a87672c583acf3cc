/**
 * The event log: the stored sequence of all events, the checkpoint that shortens its replay, and beside it the
 * observation journal. One writer. What `append` has answered is there after `kill -9`.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { EventType, TidegateEvent } from '../domain/events.js';
import type { JournalEntry } from '../domain/journal.js';
import type { ControlState } from '../domain/state.js';

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

/** What is needed to be back where the log ends. */
export interface Recovered {
  /** The last checkpoint, or the initial state. */
  readonly checkpoint: ControlState;
  /** The events after it, in order. */
  readonly events: readonly TidegateEvent[];
  /** Highest command id ever journaled; 0 if none. */
  readonly lastCommandId: number;
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

export interface RetentionLimits {
  readonly journalBefore: number;
  readonly journalBytes: number;
  readonly keepEvents: number;
}

/** What questions about history are answered from. */
export type HistoryLog = Pick<EventLog, 'read' | 'count' | 'seqAt' | 'checkpointBefore'>;

export interface EventLog {
  recover(): Promise<Recovered>;
  /**
   * Appends events and journal entries in one transaction. `events` must go on from `expectedSeq`; both may be empty.
   * Where events before these were lost, `base` is the state that they led to: it becomes a checkpoint, and the first event
   * must be the `EventsLost` that tells of them. Fails with EventLogError; then nothing was written.
   */
  append(
    expectedSeq: number,
    events: readonly TidegateEvent[],
    journal: readonly JournalEntry[],
    base?: ControlState,
  ): Promise<void>;
  /**
   * Fails as `append` would now, where that can be known without writing. `byWriting`: proves by a write of a few bytes that
   * something can be stored.
   */
  check(byWriting: boolean): Promise<void>;
  /**
   * Makes the log anew after it was `lost`: `base` as its checkpoint and the events that follow on it. Fails with
   * EventLogError while that is not possible, as when another file is at its place.
   */
  renew(
    base: ControlState,
    events: readonly TidegateEvent[],
    journal: readonly JournalEntry[],
  ): Promise<void>;
  /** Goes through the log in parts, between which the process goes on. */
  read(query: EventQuery): Promise<readonly TidegateEvent[]>;
  count(of: EventCount): Promise<number>;
  /** Number of the newest event at or before a time; 0 when there is none. Time never falls with the number. */
  seqAt(at: number): Promise<number>;
  /** The newest checkpoint at or before event `seq`, or the initial state. Fails with `forgotten` when neither would lead to `seq`. */
  checkpointBefore(seq: number): Promise<ControlState>;
  /** A checkpoint is the durable state as it was after event `state.seq`. */
  saveCheckpoint(state: ControlState): Promise<void>;
  /** Journal entries in the order written, starting with the segment (see `domain/journal.ts`) that holds `from` (time), up to `to`. */
  readJournal(from: number, to: number): AsyncIterable<JournalEntry>;
  /**
   * Forgets journal segments that ended before `journalBefore` or exceed `journalBytes`, then the events and checkpoints that
   * neither the newest checkpoint, the remaining journal nor `keepEvents` newest events need, and of the checkpoints
   * that are left those that are close together.
   */
  retain(limits: RetentionLimits): Promise<void>;
  close(): Promise<void>;
}
