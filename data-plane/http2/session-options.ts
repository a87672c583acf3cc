/** The limits that node and nghttp2 keep for us on a connection of HTTP/2. */
import type { ServerOptions } from 'node:http2';
import type { LimitSettings } from '#shared/settings.js';
import { SMALL_WINDOW_BYTES } from './upload-windows.js';

/** Requests that one connection may have running. */
export const MAX_CONCURRENT_STREAMS = 100;
/** Memory that node may hold for a connection, megabytes: new streams are refused while it is more. */
export const MAX_SESSION_MEMORY_MB = 10;
/** Frames against the protocol, and empty DATA frames, before the connection is closed. */
export const MAX_INVALID_FRAMES = 100;
/** Streams refused for memory or concurrency, in a row, before the connection is closed. */
const MAX_REJECTED_STREAMS = 100;
/** Entries of one SETTINGS frame. Six are defined. */
const MAX_SETTINGS_ENTRIES = 32;
/** Frames of header fields that are cut off go further than those that are answered with 431: as many times the limit. */
const CUT_OFF_FACTOR = 2;
/** What we add to the head of an answer, and what HPACK may. */
const SEND_SLACK_BYTES = 64 * 1024;
/** `:method`, `:scheme`, `:path`, `:authority`. */
const PSEUDO_FIELDS = 4;

export function sessionOptions(limits: LimitSettings): ServerOptions {
  return {
    maxSessionMemory: MAX_SESSION_MEMORY_MB,
    maxSettings: MAX_SETTINGS_ENTRIES,
    maxHeaderListPairs: CUT_OFF_FACTOR * limits.headerCount + PSEUDO_FIELDS,
    maxSessionInvalidFrames: MAX_INVALID_FRAMES,
    maxSessionRejectedStreams: MAX_REJECTED_STREAMS,
    maxDeflateDynamicTableSize: 4_096,
    // Of answers, which are limited where they come from; node's own is 64 KiB.
    maxSendHeaderBlockLength: CUT_OFF_FACTOR * limits.headBytes + SEND_SLACK_BYTES,
    // What backends repeat is passed on as it is, as over HTTP/1.1.
    strictSingleValueFields: false,
    settings: {
      enablePush: false,
      maxConcurrentStreams: MAX_CONCURRENT_STREAMS,
      initialWindowSize: SMALL_WINDOW_BYTES,
      maxHeaderListSize: CUT_OFF_FACTOR * limits.headBytes,
    },
  };
}
