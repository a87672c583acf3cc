/**
 * The last net: what a worker does after an exception that no request and no connection caught. Pure.
 *
 * The worker goes on. Ending it would cut the requests of all other clients, and a client that found the request that leads
 * there could end workers again and again. Restarts in a row back off, so that would close the port. Such an exception leaves
 * little half done: everything that peers lead to is guarded (`guarded.ts`), so the exception comes from a callback without
 * state or from within node. Requests that were lost with it end by their deadlines.
 *
 * The worker does not go on for ever, because what is left behind may add up. After many exceptions it retires in order: running
 * requests end, and another worker replaces it. It retires late in its life and at no fixed time, so that no client can make
 * all workers retire together, or often.
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

/** Counts one more exception. Answers whether the worker retires. @param at on the clock of `startedAt` */
export function strayCame(strays: StrayExceptions, at: number): boolean {
  strays.count += 1;
  return (
    strays.count >= STRAYS_UNTIL_RETIREMENT &&
    at - strays.startedAt >= AGE_OF_RETIREMENT_MS * strays.ageFactor
  );
}
