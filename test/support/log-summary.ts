/**
 * What an event log tells, in words that later builds still have: fixtures of older releases are compared by it. Free of
 * shapes that may change with a release, such as the data of events and the text of sentences.
 */
import { evolve } from '../../control-plane/domain/evolve.js';
import { initialObservations } from '../../control-plane/domain/observations.js';
import { replay } from '../../control-plane/domain/replay.js';
import { initialState, type ControlState, type PoolState } from '../../control-plane/domain/state.js';
import type { LogStorage } from '../../control-plane/event-log/log-storage.js';
import { recover } from '../../control-plane/event-log/recover.js';
import { explanation } from '../../control-plane/hindsight/why.js';
import type { JournalEntry } from '../../control-plane/domain/journal.js';
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import type { BackendId, PoolId } from '../../shared/ids.js';
import { HOST } from './workers.js';

export type LogSummary = Awaited<ReturnType<typeof summaryOf>>;

const ALL = { limit: 10_000, order: 'forward' } as const;

export async function summaryOf(log: LogStorage) {
  const { checkpoint, events } = await recover(log);
  const state = events.reduce(evolve, checkpoint);
  return {
    events: (await log.events.read(ALL)).map(eventLine),
    state: stateSummary(state),
    stories: await storiesOf(log, state),
  };
}

/** The state that all events lead to: from the first on, or from the checkpoint that the log was made anew with. */
export async function foldedFromFirst(log: LogStorage) {
  const events = await log.events.read(ALL);
  const before = await log.checkpoints.before((events[0]?.seq ?? 1) - 1);
  return stateSummary(events.reduce(evolve, before ?? initialState()));
}

/** The events that the journal leads to when it is decided again, and why that ended early; `null`: it did not. */
export async function replayed(log: LogStorage) {
  const entries: JournalEntry[] = [];
  for await (const entry of log.journal.read(0, Number.MAX_SAFE_INTEGER)) entries.push(entry);
  const [first] = entries;
  const seq = first?.kind === 'segment' ? first.seq : 0;
  const state = (await log.checkpoints.before(seq)) ?? initialState();
  const { events, problem } = replay({ state, observations: initialObservations() }, entries);
  return { problem, entries: entries.length, events: events.map(eventLine) };
}

function eventLine({ seq, epoch, at, type, pool, backend, actor, cause }: TidegateEvent): string {
  const about = [pool, backend].filter((name) => name !== undefined).join('/');
  return `${seq} ${epoch} ${at} ${type} ${about} ${Object.values(actor).join(' ')} ${cause.command} ${cause.id}`;
}

function stateSummary({ epoch, seq, at, routes, pools }: ControlState) {
  return { epoch, seq, at, routes, pools: [...pools.values()].map(poolSummary) };
}

function poolSummary({ id, version, settings, backends, panic }: PoolState) {
  const { algorithm, maxConnections } = settings;
  const members = [...backends.values()].map(
    ({ id: name, address, weight, maxConnections: own, admin, health, breaker, origin, ...rest }) => ({
      id: name,
      address,
      weight,
      maxConnections: own ?? null,
      admin,
      health,
      healthSince: rest.healthSince,
      breaker,
      origin,
      generation: rest.generation,
      resolved: rest.resolved ?? null,
    }),
  );
  return {
    id,
    version,
    algorithm,
    maxConnections: maxConnections ?? null,
    checked: settings.healthCheck !== null,
    breaks: settings.breaker !== null,
    sticky: settings.sticky?.type ?? null,
    panic,
    backends: members,
  };
}

/** `why` of each backend that there is, at the end of the log: its availability and the events that tell it. */
async function storiesOf(log: LogStorage, { at, pools }: ControlState) {
  const stories: Record<string, unknown> = {};
  for (const [pool, { backends }] of pools) {
    for (const backend of backends.keys()) {
      stories[`${pool}/${backend}`] = await story(log, pool, backend, at);
    }
  }
  return stories;
}

async function story(log: LogStorage, pool: PoolId, backend: BackendId, at: number) {
  const told = await explanation(log, { pool, backend, at }, null, HOST);
  return told === null ? null : { availability: told.availability, steps: told.steps.map(({ seq }) => seq) };
}
