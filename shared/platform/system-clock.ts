/** The real clocks, timers and random numbers behind `shared/ports.ts`. */
import { randomInt } from 'node:crypto';
// Imported, because the global `performance` is looked up at each use, three times per request.
import { performance } from 'node:perf_hooks';
import type { Clock, TimerHandle, Timers } from '../ports.js';

export const systemClock: Clock = { now: () => Date.now() };

/**
 * The wall time at the start, advanced by the monotonic clock. It never jumps. Therefore a correction of the system clock
 * neither expires everything at once nor stops deadlines.
 */
export function steadyClock(): Clock {
  const origin = Date.now() - performance.now();
  return { now: () => Math.floor(origin + performance.now()) };
}

/** Milliseconds that never go backwards. For durations only. */
export function monotonicMs(): number {
  return performance.now();
}

/** 32 bits from the random generator of the system, for the seed of a command. */
export function randomSeed(): number {
  return randomInt(0, 4_294_967_296);
}

/** Timers of the event loop. They do not keep the process alive. */
export const systemTimers: Timers = {
  after(delayMs: number, callback: () => void): TimerHandle {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
