import fc from 'fast-check';
import { decide } from '../../control-plane/domain/decide.js';
import type { World } from '../../control-plane/domain/decision.js';
import { nextDeadline } from '../../control-plane/domain/deadline.js';
import { outstanding, live } from '../support/random-history.js';
import { anyHistory } from '../support/random-steps.js';

const HORIZON_MS = 400;

function advance(world: World, at: number, told: unknown[]): World {
  const decision = decide({ type: 'AdvanceTime', id: 1, at, seed: 1, actor: { kind: 'clock' } }, world);
  if (decision.kind === 'rejected') throw new Error('time was refused');
  for (const { type, pool, backend, data } of decision.events) told.push({ at, type, pool, backend, data });
  return decision.world;
}

describe('deadlines miss nothing', () => {
  it('advancing at deadlines only tells the same as advancing every millisecond', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        let start = 0;
        const world = live(steps, ({ command }) => {
          start = command.at;
        });
        // Jump close to the first deadline: most are further away than anybody can walk in single steps.
        start = Math.max(start, (nextDeadline(world) ?? start) - HORIZON_MS / 2);
        const end = start + HORIZON_MS;

        const seldom: unknown[] = [];
        let jumped = advance(world, start, seldom);
        for (let due = nextDeadline(jumped); due !== null && due <= end; due = nextDeadline(jumped)) {
          jumped = advance(jumped, due, seldom);
        }
        const often: unknown[] = [];
        let walked = world;
        for (let at = start; at <= end; at += 1) walked = advance(walked, at, often);
        jumped = advance(jumped, end, seldom);

        expect(seldom).toEqual(often);
        expect(jumped.state.pools).toEqual(walked.state.pools);
        expect(outstanding(jumped)).toEqual(outstanding(walked));
      }),
      { numRuns: 200 },
    );
  });

  it('once time has advanced, the next deadline lies ahead', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        live(steps, ({ command, decision }) => {
          if (decision.kind === 'rejected' || command.type !== 'AdvanceTime') return;
          expect(nextDeadline(decision.world) ?? Infinity).toBeGreaterThan(command.at);
        });
      }),
      { numRuns: 200 },
    );
  });
});
