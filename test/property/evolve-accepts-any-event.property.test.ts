import fc from 'fast-check';
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import { evolve, observe } from '../../control-plane/domain/evolve.js';
import { initialObservations } from '../../control-plane/domain/observations.js';
import { serializeState } from '../../control-plane/domain/serialize.js';
import { live } from '../support/random-history.js';
import { anyHistory } from '../support/random-steps.js';
import { EMPTY_WORLD } from '../support/domain.js';

describe('evolve accepts any event in any state', () => {
  it('answering a state numbered by the event, and leaving the one before as it was', () => {
    fc.assert(
      fc.property(anyHistory, anyHistory, (steps, others) => {
        const world = live(steps, () => {});
        const strangers: TidegateEvent[] = [];
        live(others, ({ decision }) => {
          if (decision.kind === 'accepted') strangers.push(...decision.events);
        });
        const copy = structuredClone(serializeState(world.state));
        let { state } = world;
        let { observations } = world;
        for (const stranger of strangers) {
          const event = { ...stranger, seq: state.seq + 1 };
          state = evolve(state, event);
          observations = observe(observations, event);
          expect(state.seq).toBe(event.seq);
          expect(state.at).toBe(event.at);
        }
        expect(serializeState(world.state)).toEqual(copy);
      }),
      { numRuns: 200 },
    );
  });

  it('even when it names nothing', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        const { state } = EMPTY_WORLD;
        live(steps, ({ decision }) => {
          if (decision.kind === 'rejected') return;
          for (const event of decision.events) {
            const { pool: _pool, backend: _backend, ...nameless } = event;
            const lost = nameless as TidegateEvent;
            expect(evolve(state, lost).pools.size).toBe(0);
            expect(observe(initialObservations(), lost).pools.size).toBe(0);
          }
        });
      }),
      { numRuns: 50 },
    );
  });
});
