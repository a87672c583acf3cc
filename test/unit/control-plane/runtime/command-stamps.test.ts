import { CommandStamps } from '../../../../control-plane/runtime/command-stamps.js';
import { fakeClock } from '../../../support/fake-clock.js';
import { silence } from '../../../support/silence.js';

const DRAFT = { type: 'AdvanceTime', actor: { kind: 'clock' } } as const;

describe('the stamps of commands', () => {
  function begun(lastAt: number) {
    const clock = fakeClock(10_000);
    const warned: unknown[] = [];
    let seed = 0;
    const logger = { ...silence, warn: (about: object) => warned.push(about) };
    const stamps = new CommandStamps(
      { commandId: 7, at: lastAt },
      { clock, logger, seed: () => (seed += 1) },
    );
    return { clock, stamps, warned };
  }

  it('give each command the next id, the time and a seed of its own', () => {
    const { clock, stamps, warned } = begun(9_000);
    expect(stamps.stamp(DRAFT)).toEqual({ ...DRAFT, id: 8, at: 10_000, seed: 1 });
    clock.advance(5);
    expect(stamps.stamp(DRAFT)).toEqual({ ...DRAFT, id: 9, at: 10_005, seed: 2 });
    expect(warned).toEqual([]);
  });

  it('go on from the last event where the clock is behind it, and say so', () => {
    const { clock, stamps, warned } = begun(70_000);
    expect(stamps.stamp(DRAFT).at).toBe(70_000);
    clock.advance(5);
    expect([stamps.stamp(DRAFT).at, stamps.now()]).toEqual([70_005, 70_005]);
    expect(warned).toEqual([{ aheadMs: 60_000 }]);
  });

  it('never go back, though the clock does', () => {
    const { clock, stamps } = begun(9_000);
    stamps.stamp(DRAFT);
    clock.advance(-500);
    expect(stamps.stamp(DRAFT).at).toBe(10_000);
  });
});
