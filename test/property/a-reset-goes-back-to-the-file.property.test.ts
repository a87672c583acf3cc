import fc from 'fast-check';
import { driftOf } from '../../control-plane/domain/drift.js';
import { live } from '../support/random-history.js';
import { anyHistory } from '../support/random-steps.js';

describe('a reset goes back to the file', () => {
  it('everywhere: nothing differs afterwards, and loading the file again is no event', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        let resets = 0;
        live([...steps, { kind: 'reset', place: null }], ({ command, before, decision }) => {
          if (command.type !== 'ResetConfig' || command.places !== 'all') return;
          if (decision.kind !== 'accepted') throw new Error('a reset without a version is not refused');
          resets += 1;
          expect(driftOf(decision.world.state)).toEqual([]);
          if (driftOf(before.state).length === 0) expect(decision.events).toEqual([]);
        });
        expect(resets).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  it('in one place: all others differ as before', () => {
    fc.assert(
      fc.property(anyHistory, fc.nat({ max: 9 }), (steps, place) => {
        live([...steps, { kind: 'reset', place }], ({ command, before, decision }) => {
          if (command.type !== 'ResetConfig' || command.places === 'all') return;
          if (decision.kind !== 'accepted') throw new Error('a reset without a version is not refused');
          const [gone] = command.places;
          const others = driftOf(before.state).filter(
            ({ pool, backend, setting }) =>
              pool !== gone?.pool || backend !== gone.backend || setting !== gone.setting,
          );
          expect(driftOf(decision.world.state)).toEqual(others);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('what operators want of the backends that were there stays', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        live([...steps, { kind: 'reset', place: null }], ({ command, before, decision }) => {
          if (command.type !== 'ResetConfig' || decision.kind !== 'accepted') return;
          for (const [id, pool] of decision.world.state.pools) {
            for (const [name, backend] of pool.backends) {
              const was = before.state.pools.get(id)?.backends.get(name);
              expect(backend.admin).toBe(was?.admin ?? 'ready');
            }
          }
        });
      }),
      { numRuns: 100 },
    );
  });
});
