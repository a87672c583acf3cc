/** The real clocks and timers behind `shared/ports.ts`. */
import type { Clock, TimerHandle, Timers } from '../ports.js';

export const systemClock: Clock = { now: () => Date.now() };

/** Milliseconds that never go backwards; for durations only. */
export function monotonicMs(): number {
  return performance.now();
}

/** Timers of the event loop. They do not keep the process alive. */
export const systemTimers: Timers = {
  after(delayMs: number, callback: () => void): TimerHandle {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
