/** Timers that run when time is told to pass. */
import type { TimerHandle, Timers } from '../../shared/ports.js';

export interface VirtualTimers extends Timers {
  now(): number;
  /** Runs everything due on the way, in order. */
  advance(ms: number): void;
  /** Timers that wait. */
  waiting(): number;
}

export function virtualTimers(): VirtualTimers {
  let now = 0;
  let order = 0;
  const timers = new Map<number, { readonly at: number; readonly callback: () => void }>();
  return {
    now: () => now,
    waiting: () => timers.size,
    after(delayMs: number, callback: () => void): TimerHandle {
      const id = order++;
      timers.set(id, { at: now + delayMs, callback });
      return { cancel: () => timers.delete(id) };
    },
    advance(ms: number): void {
      const end = now + ms;
      for (;;) {
        const due = [...timers]
          .filter(([, { at }]) => at <= end)
          .sort(([a, one], [b, two]) => one.at - two.at || a - b);
        const [next] = due;
        if (next === undefined) break;
        timers.delete(next[0]);
        now = next[1].at;
        next[1].callback();
      }
      now = end;
    },
  };
}
