/**
 * Reads the events that `domain/why.ts` needs to explain a backend at a time. It finds them by their sequence numbers,
 * so it reads a few hundred events, however many the log holds.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import { evolve } from '../domain/evolve.js';
import type { TidegateEvent } from '../domain/events.js';
import { initialState, type ControlState } from '../domain/state.js';
import {
  decisiveFor,
  explain,
  MAX_STEPS,
  askedStateIn,
  type Explanation,
  type Question,
  type AskedState,
  type Story,
} from '../domain/why.js';
import { forgotten } from '../event-log/append-rules.js';
import type { HistoryLog } from '../event-log/checkpoints.js';
import type { EventReader } from '../event-log/event-log.js';

/** Events read at once while the state is rebuilt from a checkpoint. */
const FOLD_PAGE = 1_000;

/** Sequence number of the newest event, and the state of the backend after it. */
export interface Present {
  readonly seq: number;
  readonly asked: AskedState;
}

/** The events of one backend with sequence numbers from `after`, exclusive, to `upTo`, inclusive. */
interface Range {
  readonly pool: PoolId;
  readonly backend: BackendId;
  readonly after: number;
  readonly upTo: number;
}

/**
 * Explains a backend at the time of the question. Rejects with EventLogError, for example of the kind `forgotten`.
 *
 * @param present given if the question is about now
 * @param host the host that answers
 * @returns `null` if the log, as far back as it goes, knows no such backend
 */
export async function explanation(
  { events, checkpoints }: HistoryLog,
  question: Question,
  present: Present | null,
  host: string,
): Promise<Explanation | null> {
  const { pool, backend } = question;
  const upTo = present?.seq ?? (await events.seqAt(question.at));
  const asked = present?.asked ?? askedStateIn(await stateAfter({ events, checkpoints }, upTo), question);
  const newestFirst = { pool, backend, upTo, order: 'backward' } as const;
  // The story begins with the addition of the backend, however long ago that was.
  const [added] = await events.read({ ...newestFirst, types: ['BackendAdded'], limit: 1 });
  const range = { pool, backend, after: (added?.seq ?? 1) - 1, upTo };
  const decisive = await decisiveEvents(events, range, question.at, asked);
  const story = await storyOf(events, range, added === undefined ? decisive : [added, ...decisive]);
  const known = asked.backend !== null || story.events.some((event) => event.backend === backend);
  return known ? explain(question, { ...story, host }, asked) : null;
}

/** Rebuilds the state after event `seq`. Rejects with `forgotten` if the log does not reach back so far. */
async function stateAfter({ events, checkpoints }: HistoryLog, seq: number): Promise<ControlState> {
  let state = (await checkpoints.before(seq)) ?? initialState();
  while (state.seq < seq) {
    const page = await events.read({ after: state.seq, upTo: seq, limit: FOLD_PAGE, order: 'forward' });
    // The oldest events may be dropped from the log while this reads them.
    if (page[0]?.seq !== state.seq + 1) throw forgotten(seq, page[0]?.seq ?? seq + 1);
    state = page.reduce(evolve, state);
  }
  return state;
}

async function decisiveEvents(
  log: EventReader,
  range: Range,
  at: number,
  { backend }: AskedState,
): Promise<readonly TidegateEvent[]> {
  const found: TidegateEvent[] = [];
  for (const decisive of backend === null ? [] : decisiveFor(backend, at)) {
    const upTo = decisive.at < at ? Math.min(range.upTo, await log.seqAt(decisive.at)) : range.upTo;
    const query = { ...range, upTo, types: [decisive.type], limit: 1, order: 'backward' } as const;
    found.push(...(await log.read(query)));
  }
  return found;
}

async function storyOf(
  log: EventReader,
  range: Range,
  more: readonly TidegateEvent[],
): Promise<Omit<Story, 'host'>> {
  const ofPool = { ...range, backend: null };
  const newest = { limit: MAX_STEPS, order: 'backward' } as const;
  const events = [
    ...more,
    ...(await log.read({ ...range, ...newest })),
    ...(await log.read({ ...ofPool, ...newest })),
  ];
  const bySeq = new Map(events.map((event) => [event.seq, event]));
  return {
    events: [...bySeq.values()].toSorted((a, b) => a.seq - b.seq),
    total: (await log.count(range)) + (await log.count(ofPool)),
  };
}
