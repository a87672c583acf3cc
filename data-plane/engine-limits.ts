/** Limits that engines hold to besides those of the configuration. */

/** How long a client may go on sending after our last word. Cutting at once could take the answer from it (TCP reset). */
export const LINGER_MS = 2_000;

/**
 * How long a client that has ended its side is waited for until something is written to it. It may have shut down one
 * direction (nc, simple health checkers), or be gone: the two look the same until then, and one that is gone answers what is
 * written with a reset. nginx and Envoy wait for neither, HAProxy for both, as long as for anyone else. This is enough
 * for those who wait, and keeps backends busy for those who left for no longer than this.
 */
export const HALF_CLOSED_MS = 10_000;

/**
 * How long idle connections are kept when shutting down begins, or half of the time there is, if that is less: a client that
 * sends its next request meanwhile is answered with Connection: close and loses nothing. One that is silent for
 * that long is unlikely to speak just when it is closed.
 */
export const IDLE_GRACE_MS = 5_000;

/** @param deadlineMs how long shutting down may take */
export function idleGraceMs(deadlineMs: number): number {
  return Math.min(IDLE_GRACE_MS, deadlineMs / 2);
}

/** How often connections that have become idle are closed while shutting down. */
export const IDLE_SWEEP_MS = 50;

/**
 * Requests of one connection that are answered before others have their turn, where the answers are Tidegate's own: those of
 * backends come later anyway. Without it one read of pipelined requests took up to 80 ms.
 */
export const REQUESTS_AT_ONCE = 16;

/** Interim responses let through for one request. More is an attack or a fault. */
export const MAX_INTERIM_RESPONSES = 16;
