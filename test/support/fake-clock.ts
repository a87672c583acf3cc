/** A clock that stands still until it is told to go on. */
import type { Clock } from '../../shared/ports.js';

export interface FakeClock extends Clock {
  advance(ms: number): void;
}

export function fakeClock(start = 1_000_000): FakeClock {
  let now = start;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
  };
}
