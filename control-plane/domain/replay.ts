/**
 * Decides a journal again. Starting from the world at the begin of a segment, the entries give exactly the events of the
 * log. A difference means that the journal is incomplete or that the rules have changed. Runs of passes change nothing. Runs
 * of successes are added to the same windows as before.
 */
import { addOutcomes } from './failure-window.js';
import { decide } from './decide.js';
import type { World } from './decision.js';
import type { TidegateEvent } from './events.js';
import type { JournalEntry } from './journal.js';
import { blankObservations, withObservations } from './observations.js';
import { restoreObservations } from './serialize.js';

interface Replayed {
  readonly world: World;
  readonly events: readonly TidegateEvent[];
  /** Why the entry does not follow the world; `null` if it does. */
  readonly problem: string | null;
}

export function replayStep(world: World, entry: JournalEntry): Replayed {
  switch (entry.kind) {
    case 'segment': {
      const observations = restoreObservations(entry.observations);
      return { world: { state: world.state, observations }, events: [], problem: gapBefore(world, entry) };
    }
    case 'command': {
      const decision = decide(entry.command, world);
      if (decision.kind === 'rejected') return { world, events: [], problem: null };
      return { world: decision.world, events: decision.events, problem: null };
    }
    case 'passes':
      return { world, events: [], problem: null };
    case 'successes':
      return { world: withSuccesses(world, entry), events: [], problem: null };
  }
}

/** Replays entries in order, up to the end or the first entry that does not follow. */
export function replay(start: World, entries: Iterable<JournalEntry>): Replayed {
  const events: TidegateEvent[] = [];
  let world = start;
  for (const entry of entries) {
    const step = replayStep(world, entry);
    if (step.problem !== null) return { world, events, problem: step.problem };
    events.push(...step.events);
    world = step.world;
  }
  return { world, events, problem: null };
}

function gapBefore(world: World, entry: Extract<JournalEntry, { kind: 'segment' }>): string | null {
  const { seq } = world.state;
  if (seq === entry.seq) return null;
  return `the segment begins after event ${entry.seq}, but what comes before it leads to event ${seq}`;
}

function withSuccesses(world: World, entry: Extract<JournalEntry, { kind: 'successes' }>): World {
  const { state, observations } = world;
  const pool = state.pools.get(entry.pool);
  const backend = pool?.backends.get(entry.backend);
  const settings = pool?.settings.breaker ?? null;
  if (settings === null || backend?.generation !== entry.generation || backend.breaker.phase !== 'closed') {
    return world;
  }
  const seen = observations.pools.get(entry.pool)?.get(entry.backend) ?? blankObservations(entry.generation);
  let { window } = seen;
  for (const [second, successes] of entry.buckets) {
    window = addOutcomes(window, second, { successes, failures: {} }, settings.windowMs);
  }
  const next = withObservations(observations, entry.pool, entry.backend, { ...seen, window });
  return { state, observations: next };
}
