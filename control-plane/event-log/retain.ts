/** Forgets what of events, checkpoints and journal is older or larger than kept. What is left can be rebuilt. */
import { MAX_READ, checkpointsToForget, retentionBase } from './append-rules.js';
import type { EventReader } from './event-log.js';
import type { LogStorage } from './log-storage.js';
import type { JournalLimits } from './observation-journal.js';

interface RetentionLimits {
  readonly journal: JournalLimits;
  /** Newest events that stay in any case. */
  readonly keepEvents: number;
}

/**
 * First journal segments, as their limits say. Then the events and checkpoints that neither the newest checkpoint, the
 * remaining journal nor the newest events need, and of the checkpoints that are left those that are close together. An end
 * in between does no harm: the next call goes on.
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

/** Where checkpoints lead over a gap in the events: without them nothing beyond could be rebuilt. */
async function gapsIn(events: EventReader): Promise<ReadonlySet<number>> {
  const told = await events.read({ types: ['EventsLost'], limit: MAX_READ, order: 'forward' });
  return new Set(told.map(({ seq }) => seq - 1));
}
