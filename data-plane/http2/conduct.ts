/**
 * When the peer of an HTTP/2 connection has made so much work of so little that the connection is closed. Pure: it is told
 * what happened and when, and answers whether that was too much. What it cannot see, node and nghttp2 bound by options.
 */

/** Requests that are judged together… */
export const JUDGED_REQUESTS = 500;
/** …of which more than half may not have been reset… */
export const RESET_SHARE = 0.5;
/** …within this time of their beginning (CVE-2023-44487; CVE-2025-8671, where it is us who reset). */
export const EARLY_RESET_MS = 1_000;
/** PING, SETTINGS and PRIORITY frames of one second. gRPC measures bandwidth with pings, a few per round trip. */
export const CONTROL_FRAMES_PER_SECOND = 500;
/** Bytes of one second that are neither heads nor bodies: WINDOW_UPDATE, empty and unknown frames, padding… */
export const OVERHEAD_BYTES_PER_SECOND = 128 * 1024;
/** …what a head may take on the wire… */
const HEAD_ALLOWANCE = 16 * 1024;
/** …and what acknowledges a body that we send: a WINDOW_UPDATE of 13 bytes for so many bytes at least. */
const BYTES_PER_ACKNOWLEDGEMENT = 256;
const ACKNOWLEDGEMENT_BYTES = 13;

const SECOND_MS = 1_000;

export interface Conduct {
  requests: number;
  earlyResets: number;
  /** Beginning of the second whose control frames are counted, milliseconds. */
  secondBegan: number;
  controlFrames: number;
}

export function createConduct(at: number): Conduct {
  return { requests: 0, earlyResets: 0, secondBegan: at, controlFrames: 0 };
}

/** A stream was opened. */
export function requestBegan(conduct: Conduct): void {
  if (conduct.requests >= JUDGED_REQUESTS) {
    conduct.requests = 0;
    conduct.earlyResets = 0;
  }
  conduct.requests += 1;
}

/** A stream ended before its answer did, whoever ended it. Answers whether that was one too many. */
export function streamReset(conduct: Conduct, livedMs: number): boolean {
  if (livedMs >= EARLY_RESET_MS) return false;
  conduct.earlyResets += 1;
  return conduct.earlyResets > JUDGED_REQUESTS * RESET_SHARE;
}

/** A frame came that asks for nothing but our attention. Answers whether that was one too many. */
export function controlFrame(conduct: Conduct, at: number): boolean {
  if (at - conduct.secondBegan >= SECOND_MS) {
    conduct.secondBegan = at;
    conduct.controlFrames = 0;
  }
  conduct.controlFrames += 1;
  return conduct.controlFrames > CONTROL_FRAMES_PER_SECOND;
}

/** What passed on a connection in a span of time. */
export interface Traffic {
  readonly ms: number;
  /** All bytes that came, as HTTP/2 frames. */
  readonly received: number;
  readonly sent: number;
  readonly requests: number;
  /** Bytes of request bodies. */
  readonly bodies: number;
}

/** Whether more came than requests and bodies explain. */
export function isMostlyOverhead(traffic: Traffic): boolean {
  const seconds = Math.max(1, traffic.ms / SECOND_MS);
  const explained =
    OVERHEAD_BYTES_PER_SECOND * seconds +
    traffic.requests * HEAD_ALLOWANCE +
    // Frame headers and padding of clients that cut their bodies small.
    2 * traffic.bodies +
    (traffic.sent / BYTES_PER_ACKNOWLEDGEMENT) * ACKNOWLEDGEMENT_BYTES;
  return traffic.received > explained;
}
