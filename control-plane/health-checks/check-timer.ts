/**
 * Times a check. That this process stood still is not the backend's fault: what came meanwhile has yet to be heard, so a
 * timer that comes late gives the time back by which it was late, and never more than the check had to begin with.
 */
import { performance } from 'node:perf_hooks';
import type { TimerHandle } from '#shared/ports.js';

/** Timers are late by some milliseconds now and then; by more, the event loop stood still. */
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
