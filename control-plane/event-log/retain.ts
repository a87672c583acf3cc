/**
 * Deletes events, checkpoints and journal segments that are older or larger than the limits. All that remains can be
 * rebuilt.
 */
import { MAX_READ, checkpointsToForget, retentionBase } from './append-rules.js';
import type { EventReader } from './event-log.js';
import type { LogStorage } from './log-storage.js';
import type { JournalLimits } from './observation-journal.js';

interface RetentionLimits {
  readonly journal: JournalLimits;
  /** How many of the newest events stay in any case. */
  readonly keepEvents: number;
}

/**
 * Deletes journal segments first, according to their limits. Then it deletes the events and checkpoints that no other part
 * needs: the newest checkpoint, the remaining journal and the newest events stay usable. Last, it thins out checkpoints that
 * are close together. An interruption does no harm, because the next call continues.
 */
export async function retain(log: LogStorage, limits: RetentionLimits): Promise<void> {
  const { events, checkpoints, journal } = log;
  const oldestSegmentSeq = await journal.forget(limits.journal);
  const before = await checkpoints.seqs();
  const { seq } = await events.end();
  const base = retentionBase(before, seq, limits.keepEvents, oldestSegmentSeq ?? undefined);
  await events.forget(base);
  const left = before.filter((at) => at >= base);
  const overGaps = await gapsIn(events);
  const crowded = checkpointsToForget(left).filter((at) => !overGaps.has(at));
  await checkpoints.forget([...before.filter((at) => at < base), ...crowded]);
}

/**
 * Positions of checkpoints that lead over a gap in the events. Without such a checkpoint, no later state could be rebuilt.
 */
async function gapsIn(events: EventReader): Promise<ReadonlySet<number>> {
  const told = await events.read({ types: ['EventsLost'], limit: MAX_READ, order: 'forward' });
  return new Set(told.map(({ seq }) => seq - 1));
}
