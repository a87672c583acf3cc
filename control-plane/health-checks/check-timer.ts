/**
 * Times a check. The backend must not fail because this process stood still: its answer may have arrived meanwhile,
 * unread. A timer that fires late is therefore prolonged by as much as it was late, in sum at most by the timeout
 * itself.
 */
import { performance } from 'node:perf_hooks';
import type { TimerHandle } from '#shared/ports.js';

/** Timers are often a few milliseconds late. If one is later than this, the event loop stood still. */
const STALL_MS = 10;

export function checkTimer(timeoutMs: number, expired: () => void): TimerHandle {
  let spareMs = timeoutMs;
  let timer: NodeJS.Timeout;
  const arm = (ms: number): void => {
    const due = performance.now() + ms;
    timer = setTimeout(() => {
      const lateMs = Math.min(performance.now() - due, spareMs);
      spareMs -= lateMs;
      if (lateMs > STALL_MS) arm(lateMs);
      else expired();
    }, ms);
  };
  arm(timeoutMs);
  return { cancel: () => clearTimeout(timer) };
}
