/**
 * The last net: what becomes of a worker after an exception that no request and no connection was there to catch. Pure.
 *
 * It goes on. Ending it would cut all that others have running on it, and whoever found the request that leads there would have
 * a switch that does so again and again; more than that, restarts in a row back off, so the switch would close the port. What such
 * an exception leaves half done is small: everything that peers lead to is guarded (`guarded.ts`), so it comes from a
 * callback without state of its own, or from within node. What was lost with it ends by its deadlines.
 *
 * It does not go on for ever: what is left behind may add up. After many of them the worker retires in order, which lets running
 * requests end and has it replaced. It does so late in its life, at no fixed time, so that nobody can have all
 * workers retire together, or often.
 */

/** Exceptions after which a worker is to be replaced… */
export const STRAYS_UNTIL_RETIREMENT = 100;
/** …but not before it has lived this long, times its own factor. */
export const AGE_OF_RETIREMENT_MS = 10 * 60_000;

export interface StrayExceptions {
  count: number;
  readonly startedAt: number;
  /** 0.8 to 1.2. */
  readonly ageFactor: number;
}

export function countStrays(startedAt: number, ageFactor: number): StrayExceptions {
  return { count: 0, startedAt, ageFactor };
}

/** One more came. Answers whether the worker retires. @param at on the clock of `startedAt` */
export function strayCame(strays: StrayExceptions, at: number): boolean {
  strays.count += 1;
  return (
    strays.count >= STRAYS_UNTIL_RETIREMENT &&
    at - strays.startedAt >= AGE_OF_RETIREMENT_MS * strays.ageFactor
  );
}
