import fc from 'fast-check';
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import { fold } from '../../control-plane/domain/evolve.js';
import { JournalCompressor } from '../../control-plane/domain/journal-compressor.js';
import type { JournalEntry } from '../../control-plane/domain/journal.js';
import { replay } from '../../control-plane/domain/replay.js';
import { initialObservations } from '../../control-plane/domain/observations.js';
import { restoreState, serializeState } from '../../control-plane/domain/serialize.js';
import { initialState } from '../../control-plane/domain/state.js';
import { EMPTY_WORLD } from '../support/domain.js';
import { live } from '../support/random-history.js';
import { anyHistory, type Step } from '../support/random-steps.js';

/** Everything a primary would have stored, with a new segment after each of `cuts` commands. */
function record(steps: readonly Step[], cuts: ReadonlySet<number>) {
  const compressor = new JournalCompressor();
  const journal: JournalEntry[] = [...compressor.segment(EMPTY_WORLD, 0)];
  const events: TidegateEvent[] = [];
  let count = 0;
  const world = live(steps, ({ command, before, decision }) => {
    journal.push(...compressor.step(command, decision, before));
    if (decision.kind === 'accepted') events.push(...decision.events);
    count += 1;
    if (cuts.has(count) && decision.kind === 'accepted') {
      journal.push(...compressor.segment(decision.world, command.at));
    }
  });
  journal.push(...compressor.flush());
  // Through JSON, as the log stores it.
  return { journal: JSON.parse(JSON.stringify(journal)) as JournalEntry[], events, world };
}

const anyCuts = fc.uniqueArray(fc.nat({ max: 90 }), { maxLength: 3 }).map((cuts) => new Set(cuts));

describe('replaying the journal gives the log', () => {
  it('event for event, from the first segment', () => {
    fc.assert(
      fc.property(anyHistory, anyCuts, (steps, cuts) => {
        const { journal, events, world } = record(steps, cuts);
        const replayed = replay(EMPTY_WORLD, journal);
        expect(replayed.problem).toBeNull();
        expect(replayed.events).toEqual(events);
        expect(replayed.world.state).toEqual(world.state);
      }),
      { numRuns: 600 },
    );
  });

  it('event for event, from any segment in the middle', () => {
    fc.assert(
      fc.property(anyHistory, anyCuts, (steps, cuts) => {
        const { journal, events } = record(steps, cuts);
        const starts = journal.flatMap((entry, index) =>
          entry.kind === 'segment' ? [{ entry, index }] : [],
        );
        for (const { entry, index } of starts) {
          const before = events.filter((event) => event.seq <= entry.seq);
          const checkpoint = restoreState(serializeState(fold(initialState(), before)));
          const start = { state: checkpoint, observations: initialObservations() };
          const replayed = replay(start, journal.slice(index));
          expect(replayed.problem).toBeNull();
          expect(replayed.events).toEqual(events.filter((event) => event.seq > entry.seq));
        }
      }),
      { numRuns: 300 },
    );
  });
});
