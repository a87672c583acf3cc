/**
 * When to start a worker again after it ended unasked. Pure. A single crash is answered at once; a crash loop backs
 * off, doubling up to a cap, so that a broken build or a poisonous snapshot does not burn the machine.
 *
 * But a client that has found a way to end a worker must not be able to close the port: while few other workers forward,
 * or are being started, the next one is started soon, however often it ended before. A worker that never came to forward costs its start
 * and gains nothing, so it waits longer.
 */
import type { Random } from '#shared/ports.js';

/** Delay before the second restart in a row. */
const BASE_DELAY_MS = 250;
const MAX_DELAY_MS = 30_000;
/** A worker that lived this long has proven itself: its next crash counts as the first. */
const PROVEN_AFTER_MS = 60_000;
/** As many workers as are always started again soon: one that ends leaves another. */
const KEPT_UP = 2;
/** Longest delay of those, when they have forwarded before they ended. Their start takes as long again. */
export const SOON_MS = 100;
/** Longest delay of those that ended before they forwarded. */
export const SOON_WITHOUT_SUCCESS_MS = 1_000;

export interface Ending {
  /** Crashes in a row before this one. */
  readonly crashesBefore: number;
  readonly livedMs: number;
  /** Whether it had come to forward. */
  readonly forwarded: boolean;
}

interface Company {
  /** Workers there are to be. */
  readonly total: number;
  /** Others that forward, are starting, or will be started within `SOON_MS`. */
  readonly others: number;
}

interface RestartPlan {
  /** Crashes in a row, this one included. */
  readonly crashes: number;
  readonly delayMs: number;
}

/** The delay varies by ±20 % so that workers do not start in step. */
export function planRestart(ending: Ending, company: Company, random: Random): RestartPlan {
  const crashes = ending.livedMs >= PROVEN_AFTER_MS ? 1 : ending.crashesBefore + 1;
  if (crashes === 1) return { crashes, delayMs: 0 };
  const backoffMs = Math.min(BASE_DELAY_MS * 2 ** (crashes - 2), MAX_DELAY_MS);
  const limitMs = ending.forwarded ? SOON_MS : SOON_WITHOUT_SUCCESS_MS;
  const delayMs = areFew(company) ? Math.min(backoffMs, limitMs) : backoffMs;
  return { crashes, delayMs: Math.round(delayMs * (0.8 + 0.4 * random())) };
}

function areFew({ total, others }: Company): boolean {
  return others < Math.min(KEPT_UP, Math.ceil(total / 2));
}
