/**
 * When to start a worker again after it ended unasked. Pure. A single crash is answered at once; a crash loop backs
 * off, doubling up to a cap, so that a broken build or a poisonous snapshot does not burn the machine.
 */
import type { Random } from '#shared/ports.js';

/** Delay before the second restart in a row. */
const BASE_DELAY_MS = 250;
const MAX_DELAY_MS = 30_000;
/** A worker that lived this long has proven itself: its next crash counts as the first. */
const PROVEN_AFTER_MS = 60_000;

export interface RestartPlan {
  /** Crashes in a row, this one included. */
  readonly crashes: number;
  readonly delayMs: number;
}

/**
 * Plans the restart of a worker that lived for `livedMs` after `crashes` crashes in a row before. The delay varies by
 * ±20 % so that workers do not start in step.
 */
export function planRestart(crashesBefore: number, livedMs: number, random: Random): RestartPlan {
  const crashes = livedMs >= PROVEN_AFTER_MS ? 1 : crashesBefore + 1;
  if (crashes === 1) return { crashes, delayMs: 0 };
  const delayMs = Math.min(BASE_DELAY_MS * 2 ** (crashes - 2), MAX_DELAY_MS);
  return { crashes, delayMs: Math.round(delayMs * (0.8 + 0.4 * random())) };
}
