/** What every event log refuses, and what it may forget: rules that hold for memory and file alike. */
import { assert } from '#shared/assert.js';
import type { TidegateEvent } from '../domain/events.js';
import type { JournalEntry } from '../domain/journal.js';
import type { ControlState } from '../domain/state.js';
import { EventLogError, type EventQuery } from './event-log.js';
import type { JournalLimits } from './observation-journal.js';

/** Most events that one `read` answers. */
export const MAX_READ = 10_000;

/**
 * Refuses events that do not go on from the end of the log. Gaps within `events` are a bug of the caller, as is one before
 * them that no `EventsLost` tells of.
 */
export function checkAppend(lastSeq: number, expectedSeq: number, events: readonly TidegateEvent[]): void {
  if (lastSeq !== expectedSeq) throw conflict(lastSeq, expectedSeq);
  checkNumbers(seqBefore(expectedSeq, events[0]), events);
}

/** Refuses a gap before `events` without the state that leads over it, and such a state without a gap. */
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

/** The number that the events go on from: behind those that the first of them says were lost. */
function seqBefore(lastSeq: number, first: TidegateEvent | undefined): number {
  return first?.type === 'EventsLost' && first.data.first === lastSeq + 1 ? first.data.last : lastSeq;
}

export function checkNumbers(after: number, events: readonly TidegateEvent[]): void {
  events.forEach((event, index) => {
    assert(event.seq === after + 1 + index, `event ${event.seq} does not follow ${after + index}`);
  });
}

/** The log is not where its writer left it. */
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

/** Whether an event is one of those asked for, the limit aside. */
export function matches(event: TidegateEvent, query: EventQuery): boolean {
  return (
    event.seq > (query.after ?? 0) &&
    event.seq <= (query.upTo ?? Infinity) &&
    (query.types === undefined || query.types.includes(event.type)) &&
    (query.pool === undefined || event.pool === query.pool) &&
    (query.backend === undefined || (event.backend ?? null) === query.backend)
  );
}

/** The first event forgotten or not yet written makes a state unreachable. */
export function forgotten(seq: number, firstSeq: number): EventLogError {
  return new EventLogError(
    'forgotten',
    `The state after event ${seq} cannot be rebuilt: the log keeps events from ${firstSeq} on.`,
  );
}

/** A journal begins with a segment: only from there can it be decided again. */
export function checkBeginning(hasSegment: boolean, entries: readonly JournalEntry[]): void {
  assert(hasSegment || (entries[0]?.kind ?? 'segment') === 'segment', 'a journal begins with a segment');
}

/** Begin and size of a journal segment. `seq`: the last event when it began. */
export interface SegmentExtent {
  readonly id: number;
  readonly at: number;
  readonly seq: number;
  readonly bytes: number;
}

/**
 * How many of the oldest segments go: those that ended (their successor began) before the time, and those that exceed the
 * bytes counted from the newest. The newest always stays.
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

/** The newest checkpoints, which all stay. */
const NEWEST_CHECKPOINTS = 3;
/** Of the older ones one stays for as many events. To be folded from one to the next takes some 20 ms. */
const EVENTS_PER_CHECKPOINT = 2_000;

/** Sequence numbers of checkpoints that others make up for. `checkpoints`: oldest first. The oldest is needed. */
export function checkpointsToForget(checkpoints: readonly number[]): readonly number[] {
  let kept = -Infinity;
  return checkpoints.slice(0, -NEWEST_CHECKPOINTS).filter((seq) => {
    if (seq - kept < EVENTS_PER_CHECKPOINT) return true;
    kept = seq;
    return false;
  });
}

/**
 * The checkpoint from which everything that is kept can be rebuilt: events up to it and checkpoints before it may go.
 * 0: nothing may go. `checkpoints` holds their sequence numbers, oldest first.
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
