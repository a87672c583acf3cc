/**
 * Gathers what `domain/why.ts` needs to explain a backend at a time. Reads a few hundred events by their numbers, however
 * many the log holds.
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

/** Events folded at once on the way from a checkpoint to the time asked about. */
const FOLD_PAGE = 1_000;

/** Where the log ends, and how the backend stands there. */
export interface Present {
  readonly seq: number;
  readonly asked: AskedState;
}

/** What is read of one backend: up to an event, and after another. */
interface Range {
  readonly pool: PoolId;
  readonly backend: BackendId;
  readonly after: number;
  readonly upTo: number;
}

/**
 * `present`: the question is about now. `null` is answered when there never was such a backend, as far back as the log
 * goes. May fail with EventLogError, `forgotten` among others.
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
  // Its addition begins the story, however long that is.
  const [added] = await events.read({ ...newestFirst, types: ['BackendAdded'], limit: 1 });
  const range = { pool, backend, after: (added?.seq ?? 1) - 1, upTo };
  const decisive = await decisiveEvents(events, range, question.at, asked);
  const story = await storyOf(events, range, added === undefined ? decisive : [added, ...decisive]);
  const known = asked.backend !== null || story.events.some((event) => event.backend === backend);
  return known ? explain(question, { ...story, host }, asked) : null;
}

/** The state as it was after an event. Fails with `forgotten` when the log does not reach back to it. */
async function stateAfter({ events, checkpoints }: HistoryLog, seq: number): Promise<ControlState> {
  let state = (await checkpoints.before(seq)) ?? initialState();
  while (state.seq < seq) {
    const page = await events.read({ after: state.seq, upTo: seq, limit: FOLD_PAGE, order: 'forward' });
    // The oldest events may be forgotten while they are read.
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
