/** Limits that engines hold to besides those of the configuration. */

/** How long a client may go on sending after our last byte. Cutting at once could take the answer from it (TCP reset). */
export const LINGER_MS = 2_000;

/**
 * How long a request goes on after its client has ended its side, until something is written to the client. The client may
 * have shut down one direction (nc, simple health checkers), or be gone. The two look the same until something is written: a
 * client that is gone then answers with a reset. nginx and Envoy wait for neither, HAProxy for both, as long as for any
 * client. This time is enough for clients that wait, and bounds how long backends work for clients that are gone.
 */
export const HALF_CLOSED_MS = 10_000;

/**
 * How long idle connections are kept when shutting down begins, or half of the time there is, if that is less. A client that
 * sends its next request meanwhile is answered with Connection: close and loses nothing. A client that is silent for that
 * long is unlikely to send just when its connection is closed.
 */
export const IDLE_GRACE_MS = 5_000;

/** @param deadlineMs how long shutting down may take */
export function idleGraceMs(deadlineMs: number): number {
  return Math.min(IDLE_GRACE_MS, deadlineMs / 2);
}

/** How often connections that have become idle are closed while shutting down. */
export const IDLE_SWEEP_MS = 50;

/**
 * Pipelined requests answered by Tidegate itself per connection and turn of the event loop (answers of backends come in later
 * turns anyway). Unbounded, one read of pipelined requests blocked the loop for up to 80 ms.
 */
export const REQUESTS_AT_ONCE = 16;

/** Interim responses let through for one request. More is an attack or a fault. */
export const MAX_INTERIM_RESPONSES = 16;
