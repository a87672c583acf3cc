/** The rules that every event log follows, in memory or in a file: which appends it refuses, and what it may delete. */
import { assert } from '#shared/assert.js';
import type { TidegateEvent } from '../domain/events.js';
import type { JournalEntry } from '../domain/journal.js';
import type { ControlState } from '../domain/state.js';
import { EventLogError, type EventQuery } from './event-log.js';
import type { JournalLimits } from './observation-journal.js';

/** The most events that one `read` returns. */
export const MAX_READ = 10_000;

/**
 * Refuses events that do not follow the end of the log. Gaps within `events` are a bug of the caller. So is a gap before
 * them, unless an `EventsLost` covers it.
 */
export function checkAppend(lastSeq: number, expectedSeq: number, events: readonly TidegateEvent[]): void {
  if (lastSeq !== expectedSeq) throw conflict(lastSeq, expectedSeq);
  checkNumbers(seqBefore(expectedSeq, events[0]), events);
}

/** Requires the state `base` if and only if there is a gap before `events`, because only that state leads over the gap. */
export function checkBase(
  expectedSeq: number,
  events: readonly TidegateEvent[],
  base: Pick<ControlState, 'seq'> | undefined,
): void {
  const before = seqBefore(expectedSeq, events[0]);
  if (base === undefined) {
    assert(before === expectedSeq, `no state leads to event ${before}, which was lost`);
  } else {
    const told = before !== expectedSeq && before === base.seq;
    assert(told, `nothing tells that the events ${expectedSeq + 1} to ${base.seq} were lost`);
  }
}

/** The number that the events follow. If the first is an `EventsLost`, it is the last of the lost numbers. */
function seqBefore(lastSeq: number, first: TidegateEvent | undefined): number {
  return first?.type === 'EventsLost' && first.data.first === lastSeq + 1 ? first.data.last : lastSeq;
}

export function checkNumbers(after: number, events: readonly TidegateEvent[]): void {
  events.forEach((event, index) => {
    assert(event.seq === after + 1 + index, `event ${event.seq} does not follow ${after + index}`);
  });
}

/** The error for a log that does not end where its writer left it. */
export function conflict(lastSeq: number, expectedSeq: number): EventLogError {
  return new EventLogError(
    'conflict',
    `The event log ends at event ${lastSeq}, not at ${expectedSeq}: another process wrote to it. This process must start anew.`,
  );
}

export function checkLimit(query: EventQuery): void {
  assert(
    Number.isInteger(query.limit) && query.limit >= 1 && query.limit <= MAX_READ,
    `limit ${query.limit} is not 1 to ${MAX_READ}`,
  );
}

/** Whether an event matches the query, apart from the limit. */
export function matches(event: TidegateEvent, query: EventQuery): boolean {
  return (
    event.seq > (query.after ?? 0) &&
    event.seq <= (query.upTo ?? Infinity) &&
    (query.types === undefined || query.types.includes(event.type)) &&
    (query.pool === undefined || event.pool === query.pool) &&
    (query.backend === undefined || (event.backend ?? null) === query.backend)
  );
}

/** The error for a state that cannot be rebuilt, because its events were deleted or are not written yet. */
export function forgotten(seq: number, firstSeq: number): EventLogError {
  return new EventLogError(
    'forgotten',
    `The state after event ${seq} cannot be rebuilt: the log keeps events from ${firstSeq} on.`,
  );
}

/** A journal begins with a segment, because replay can only start there. */
export function checkBeginning(hasSegment: boolean, entries: readonly JournalEntry[]): void {
  assert(hasSegment || (entries[0]?.kind ?? 'segment') === 'segment', 'a journal begins with a segment');
}

/** Begin and size of a journal segment. `seq` is the last event before the segment, `at` is milliseconds since 1970. */
export interface SegmentExtent {
  readonly id: number;
  readonly at: number;
  readonly seq: number;
  readonly bytes: number;
}

/**
 * How many of the oldest segments to delete: those that ended before the limit of time (their successor began before it),
 * and those beyond the limit of bytes, counted from the newest. The newest segment always stays.
 */
export function segmentsToForget(segments: readonly SegmentExtent[], limits: JournalLimits): number {
  let bytes = 0;
  for (let index = segments.length - 1; index >= 0; index--) {
    const successor = segments[index + 1];
    bytes += segments[index]?.bytes ?? 0;
    if (successor === undefined) continue;
    if (successor.at < limits.before || bytes > limits.bytes) return index + 1;
  }
  return 0;
}

/** How many of the newest checkpoints always stay. */
const NEWEST_CHECKPOINTS = 3;
/** Of the older checkpoints, one stays per this many events. To fold that many events takes about 20 ms. */
const EVENTS_PER_CHECKPOINT = 2_000;

/**
 * Returns the sequence numbers of the checkpoints that can be deleted, because others are close. The oldest one stays,
 * because the first events follow it.
 * @param checkpoints sequence numbers, oldest first
 */
export function checkpointsToForget(checkpoints: readonly number[]): readonly number[] {
  let kept = -Infinity;
  return checkpoints.slice(0, -NEWEST_CHECKPOINTS).filter((seq) => {
    if (seq - kept < EVENTS_PER_CHECKPOINT) return true;
    kept = seq;
    return false;
  });
}

/**
 * The checkpoint from which everything that must stay can be rebuilt. Events up to it and earlier checkpoints may be
 * deleted. Returns 0 if nothing may be deleted.
 * @param checkpoints sequence numbers, oldest first
 */
export function retentionBase(
  checkpoints: readonly number[],
  lastSeq: number,
  keepEvents: number,
  oldestSegmentSeq: number | undefined,
): number {
  const needed = Math.min(lastSeq - keepEvents, oldestSegmentSeq ?? lastSeq);
  return checkpoints.findLast((seq) => seq <= needed) ?? 0;
}
