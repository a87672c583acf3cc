/**
 * Reads the event log together with the events that wait to be stored. While the log cannot be written, decided events are
 * still part of the history.
 */
import type { TidegateEvent } from '../domain/events.js';
import type { ControlState } from '../domain/state.js';
import { checkLimit, matches } from './append-rules.js';
import type { CheckpointReader, HistoryLog } from './checkpoints.js';
import type { EventCount, EventQuery, EventReader } from './event-log.js';

/** The events that follow the last stored event. */
export interface LogTail {
  /** The state that `events` follow, if earlier events were given up; `null` if `events` follow the stored ones. */
  readonly base: ControlState | null;
  readonly events: readonly TidegateEvent[];
}

export const NO_TAIL: LogTail = { base: null, events: [] };

/** @param tail called at each read, before the log is read */
export function withTail(log: HistoryLog, tail: () => LogTail): HistoryLog {
  return {
    events: eventsWithTail(log.events, tail),
    checkpoints: checkpointsWithTail(log.checkpoints, tail),
  };
}

export function eventsWithTail(log: EventReader, tail: () => LogTail): EventReader {
  return {
    read: async (query) => {
      checkLimit(query);
      const waiting = tail().events.filter((event) => matches(event, query));
      if (waiting.length === 0) return log.read(query);
      return query.order === 'forward' ? forward(log, query, waiting) : backward(log, query, waiting);
    },
    count: async (of) => {
      const { events } = tail();
      const stored = await log.count({ ...of, upTo: Math.min(of.upTo, (events[0]?.seq ?? Infinity) - 1) });
      return stored + events.filter((event) => matches(event, all(of))).length;
    },
    seqAt: async (at) => {
      const { base, events } = tail();
      const last = events.findLast((event) => event.at <= at);
      if (last !== undefined) return last.seq;
      return base !== null && base.at <= at ? base.seq : log.seqAt(at);
    },
  };
}

function checkpointsWithTail(log: CheckpointReader, tail: () => LogTail): CheckpointReader {
  return {
    before: async (seq) => {
      const { base } = tail();
      return base !== null && base.seq <= seq ? base : log.before(seq);
    },
  };
}

function all(of: EventCount): EventQuery {
  return { ...of, limit: 1, order: 'forward' };
}

/** Waiting events may be stored while the log is read. Such events are returned only once. */
async function forward(
  log: EventReader,
  query: EventQuery,
  waiting: readonly TidegateEvent[],
): Promise<readonly TidegateEvent[]> {
  const stored = await log.read(query);
  const last = stored.at(-1)?.seq ?? 0;
  return [...stored, ...waiting.filter(({ seq }) => seq > last)].slice(0, query.limit);
}

async function backward(
  log: EventReader,
  query: EventQuery,
  waiting: readonly TidegateEvent[],
): Promise<readonly TidegateEvent[]> {
  const newest = waiting.toReversed().slice(0, query.limit);
  const limit = query.limit - newest.length;
  const upTo = (waiting[0]?.seq ?? 1) - 1;
  if (limit === 0) return newest;
  return [...newest, ...(await log.read({ ...query, upTo: Math.min(upTo, query.upTo ?? upTo), limit }))];
}
