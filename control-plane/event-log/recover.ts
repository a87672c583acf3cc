/** Restores the position at the end of an event log. */
import type { TidegateEvent } from '../domain/events.js';
import { initialState, type ControlState } from '../domain/state.js';
import { MAX_READ, forgotten } from './append-rules.js';
import type { CheckpointReader } from './checkpoints.js';
import type { EventLog } from './event-log.js';

/** What is needed to rebuild the state at the end of the log. */
export interface Recovered {
  /** The last checkpoint, or the initial state. */
  readonly checkpoint: ControlState;
  /** The events after the checkpoint, in order. */
  readonly events: readonly TidegateEvent[];
  readonly lastCommandId: number;
}

/** Rejects with EventLogError: `forgotten` if no checkpoint leads to the first event. */
export async function recover(log: {
  readonly events: EventLog;
  readonly checkpoints: CheckpointReader;
}): Promise<Recovered> {
  const { seq, commandId } = await log.events.end();
  const checkpoint = (await log.checkpoints.before(seq)) ?? initialState();
  const events: TidegateEvent[] = [];
  let after = checkpoint.seq;
  while (after < seq) {
    const page = await log.events.read({ after, upTo: seq, limit: MAX_READ, order: 'forward' });
    if (page[0]?.seq !== after + 1) throw forgotten(seq, page[0]?.seq ?? seq + 1);
    for (const event of page) events.push(event);
    after = page.at(-1)?.seq ?? seq;
  }
  return { checkpoint, events, lastCommandId: commandId };
}
