/**
 * Gathers what `domain/why.ts` needs to explain a backend at a time: its events, those of its pool, and the state as
 * it was then.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import { evolve } from '../domain/evolve.js';
import type { EventType, TidegateEvent } from '../domain/events.js';
import type { ControlState } from '../domain/state.js';
import { explain, type Question } from '../domain/why.js';
import type { ControlPort } from '../runtime/control-port.js';
import type { WhyDocument } from './documents.js';
import { isoTime } from './json-case.js';

/** Newest events of a backend, and of its pool, that an explanation is made from. */
const MAX_EVENTS = 2_000;
/** Events folded at once on the way from a checkpoint to the time asked about. */
const FOLD_PAGE = 1_000;

const POOL_EVENTS: readonly EventType[] = [
  'PoolAdded',
  'PoolRemoved',
  'PoolSettingsChanged',
  'PanicEntered',
  'PanicLeft',
];

/** `null`: there never was such a backend, as far back as the log goes. May fail with EventLogError `forgotten`. */
export async function whyDocument(port: ControlPort, question: Question): Promise<WhyDocument | null> {
  const state = await stateAt(port, question.at);
  const events = await eventsAbout(port, question);
  const known = state.pools.get(question.pool)?.backends.has(question.backend) ?? false;
  if (!known && !events.some((event) => event.backend === question.backend)) return null;
  const { availability, panic, headline, steps, omitted } = explain(question, events, state);
  return {
    pool: question.pool,
    backend: question.backend,
    at: isoTime(question.at),
    availability,
    panic,
    headline,
    steps: steps.map((step) => ({ ...step, at: isoTime(step.at), at_ms: step.at })),
    omitted,
  };
}

async function stateAt(port: ControlPort, at: number): Promise<ControlState> {
  const { state } = port.world();
  if (at >= state.at) return state;
  const [last] = await port.log.read({ until: at, limit: 1, order: 'backward' });
  let then = await port.log.checkpointBefore(last?.seq ?? 0);
  while (last !== undefined && then.seq < last.seq) {
    const page = await port.log.read({ after: then.seq, upTo: last.seq, limit: FOLD_PAGE, order: 'forward' });
    if (page.length === 0) break;
    then = page.reduce(evolve, then);
  }
  return then;
}

async function eventsAbout(
  port: ControlPort,
  { pool, backend, at }: { readonly pool: PoolId; readonly backend: BackendId; readonly at: number },
): Promise<readonly TidegateEvent[]> {
  const newest = { pool, until: at, order: 'backward' } as const;
  const pages = await Promise.all([
    port.log.read({ ...newest, backend, limit: MAX_EVENTS }),
    port.log.read({ ...newest, types: POOL_EVENTS, limit: MAX_EVENTS }),
    // Its addition begins the story, however long that is.
    port.log.read({ ...newest, backend, types: ['BackendAdded'], limit: 1 }),
  ]);
  const bySeq = new Map(pages.flat().map((event) => [event.seq, event]));
  return [...bySeq.values()].toSorted((a, b) => a.seq - b.seq);
}
