import fc from 'fast-check';
import { decide } from '../../control-plane/domain/decide.js';
import {
  restoreObservations,
  restoreState,
  serializeObservations,
  serializeState,
} from '../../control-plane/domain/serialize.js';
import { live } from '../support/random-history.js';
import { anyHistory } from '../support/random-steps.js';

describe('decide is a function', () => {
  it('deciding the same again gives the same, and so does deciding it on a stored copy of the world', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        live(steps, ({ command, before, decision }) => {
          const copy = {
            state: restoreState(structuredClone(serializeState(before.state))),
            observations: restoreObservations(structuredClone(serializeObservations(before.observations))),
          };
          expect(decide(command, copy)).toEqual(decision);
          expect(decide(command, before)).toEqual(decision);
        });
      }),
      { numRuns: 80 },
    );
  });

  it('a command without effect answers the very world it was given', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        live(steps, ({ before, decision }) => {
          if (decision.kind === 'rejected' || decision.events.length > 0) return;
          expect(decision.world.state).toBe(before.state);
        });
      }),
      { numRuns: 100 },
    );
  });
});
