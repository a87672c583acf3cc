/**
 * Decides when a worker that ended unexpectedly is started again. Pure. After a single crash it starts at once. In a crash
 * loop the delay doubles up to a cap, so that a broken build or a harmful snapshot does not use up the machine.
 *
 * A client that has found a way to crash workers must not be able to close the port. Therefore, while few other workers
 * forward or are starting, the next one starts soon, however often it has crashed. A worker that never forwarded waits
 * longer, because its start costs CPU time and has served no request.
 */
import type { Random } from '#shared/ports.js';

/** Delay before the second restart in a row, in milliseconds. */
const BASE_DELAY_MS = 250;
const MAX_DELAY_MS = 30_000;
/** A worker that lived this long (milliseconds) is proven: its next crash counts as the first. */
const PROVEN_AFTER_MS = 60_000;
/** How many workers are always started again soon: two, so that when one of them crashes another still serves. */
const KEPT_UP = 2;
/**
 * Longest delay of such a worker if it forwarded before it ended, in milliseconds. The start itself takes about as long
 * again.
 */
export const SOON_MS = 100;
/** Longest delay of such a worker if it ended before it forwarded, in milliseconds. */
export const SOON_WITHOUT_SUCCESS_MS = 1_000;

export interface Ending {
  /** How many crashes in a row came before this one. */
  readonly crashesBefore: number;
  readonly livedMs: number;
  /** Whether the worker forwarded before it ended. */
  readonly forwarded: boolean;
}

interface Company {
  /** How many workers there should be. */
  readonly total: number;
  /** How many other workers forward, are starting, or start within `SOON_MS`. */
  readonly others: number;
}

interface RestartPlan {
  /** Crashes in a row, including this one. */
  readonly crashes: number;
  readonly delayMs: number;
}

/**
 * Plans the next start of an ended worker. The delay varies by ±20 %, so that several workers do not start at the same
 * moment.
 */
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
