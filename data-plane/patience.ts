/** How long an attempt waits for its client and for its backend. Decides only; the engine keeps the deadlines. */
import type { ForwarderDeps } from './forwarder.js';
import type { RequestAccount } from './request-account.js';
import type { ForwardingSettings } from '#shared/settings.js';

/** The body of a request on its way to a backend. */
export interface SendingBody {
  /** All of it has come from the client. */
  readonly isComplete: boolean;
  /** The next byte is awaited from the client, not from the backend. */
  readonly awaitsClient: boolean;
  /** Nothing of it has come. */
  readonly isUntouched: boolean;
  /** How much of the content has come so far. */
  readonly receivedBytes: number;
}

export interface Sending {
  readonly body: SendingBody | null;
  readonly settings: ForwardingSettings;
  readonly account: RequestAccount;
  readonly parts: { readonly context: ForwarderDeps };
}

/** Slowest client that is waited for, after `FLOOR_AFTER_MS`: the figures of Kestrel's MinRequestBodyDataRate. */
export const FLOOR_BYTES_PER_S = 240;
export const FLOOR_AFTER_MS = 5_000;

/**
 * While the body is on its way, the side that makes it wait is to blame. `null`: all of it has been sent.
 * @param awaitsWord the client waits for 100, which has not come
 */
export function sendingPatienceMs(
  { body, settings, account, parts }: Sending,
  awaitsWord = false,
): number | null {
  if (body === null || body.isComplete) return null;
  const idleMs = settings.timeouts.requestBodyIdleMs;
  if (!body.awaitsClient || (awaitsWord && body.isUntouched)) return idleMs;
  const elapsedMs = parts.context.monotonic() - account.bodyAwaitedFrom;
  const floorMs = FLOOR_AFTER_MS + (body.receivedBytes * 1_000) / FLOOR_BYTES_PER_S - elapsedMs;
  return Math.max(0, Math.min(idleMs, floorMs));
}

/**
 * Whether the client, not the backend, let the time for the body pass. A client that waits for 100 may send without it, and
 * must not wait for ever (RFC 9110 §10.1.1). Without this rule a client could have backends blamed that never send 100.
 */
export function isClientLate(body: SendingBody | null): boolean {
  return body?.awaitsClient === true;
}
