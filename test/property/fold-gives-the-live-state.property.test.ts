import fc from 'fast-check';
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import { evolve, fold } from '../../control-plane/domain/evolve.js';
import { availabilityOf } from '../../shared/availability.js';
import {
  restoreObservations,
  restoreState,
  serializeObservations,
  serializeState,
} from '../../control-plane/domain/serialize.js';
import { initialState, type PoolState } from '../../control-plane/domain/state.js';
import { live } from '../support/random-history.js';
import { anyHistory } from '../support/random-steps.js';

function lived(steps: Parameters<typeof live>[0]) {
  const events: TidegateEvent[] = [];
  const world = live(steps, ({ decision }) => {
    if (decision.kind === 'accepted') events.push(...decision.events);
  });
  return { events, world };
}

/** What the tally says, counted the slow way. */
function recounted(pool: PoolState) {
  const all = [...pool.backends.values()];
  return {
    ready: all.filter((one) => one.admin === 'ready').length,
    available: all.filter((one) => availabilityOf(one) === 'available').length,
    serving: all.filter((one) => availabilityOf(one) === 'available' && one.weight > 0).length,
    trial: all.filter((one) => availabilityOf(one) === 'trial').length,
    draining: all.filter((one) => availabilityOf(one) === 'draining').length,
    unchecked: all.filter((one) => one.admin === 'ready' && availabilityOf(one) === 'unchecked').length,
    ejected: all.filter((one) => one.admin === 'ready' && ['ejected', 'trial'].includes(availabilityOf(one)))
      .length,
  };
}

describe('folding the log gives the live durable state', () => {
  it('all at once, one by one, and from any point on', () => {
    fc.assert(
      fc.property(anyHistory, fc.nat(), (steps, cut) => {
        const { events, world } = lived(steps);
        expect(fold(initialState(), events)).toEqual(world.state);
        expect(events.reduce(evolve, initialState())).toEqual(world.state);
        const at = cut % (events.length + 1);
        expect(fold(fold(initialState(), events.slice(0, at)), events.slice(at))).toEqual(world.state);
      }),
      { numRuns: 200 },
    );
  });

  it('however often an event is folded', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        const { events, world } = lived(steps);
        const twice = events.flatMap((event) => [event, event]);
        expect(fold(fold(initialState(), twice), events)).toEqual(world.state);
      }),
      { numRuns: 100 },
    );
  });

  it('with numbers that have no gaps', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        const { events } = lived(steps);
        expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
        for (const { cause, seq } of events) expect(cause.event ?? 0).toBeLessThan(seq);
      }),
      { numRuns: 100 },
    );
  });

  it('with tallies that are what one would count', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        live(steps, ({ decision }) => {
          if (decision.kind === 'rejected') return;
          for (const pool of decision.world.state.pools.values()) {
            expect(pool.tally).toEqual(recounted(pool));
            const open = [...pool.backends.values()].filter((one) => one.breaker.phase !== 'closed');
            expect([...pool.tripped].sort()).toEqual(open.map((one) => one.id).sort());
          }
        });
      }),
      { numRuns: 100 },
    );
  });

  it('through a checkpoint as JSON, and observations likewise', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        const { world } = lived(steps);
        const state = JSON.parse(JSON.stringify(serializeState(world.state))) as ReturnType<
          typeof serializeState
        >;
        expect(restoreState(state)).toEqual(world.state);
        const seen = serializeObservations(world.observations);
        const read = JSON.parse(JSON.stringify(seen)) as typeof seen;
        expect(restoreObservations(read)).toEqual(world.observations);
      }),
      { numRuns: 200 },
    );
  });
});
