/**
 * The limits that are constants, for the tables in `data-plane/README.md`. Limits that operators set are declared in
 * `shared/settings/`, with what is beyond them.
 */
import { formatDuration, formatSize } from '#shared/settings/quantities.js';
import { KEPT_PART, MAX_KEPT, MIN_KEPT } from '../admission.js';
import {
  HALF_CLOSED_MS,
  IDLE_GRACE_MS,
  LINGER_MS,
  MAX_INTERIM_RESPONSES,
  REQUESTS_AT_ONCE,
} from '../engine-limits.js';
import { MAX_SESSIONS } from '../http1/tls-sessions.js';
import { TRUSTED_IDLE_MS } from '../http1/upstream-connections.js';
import { CHUNK_LINE_BYTES, EXTENSION_BYTES } from '../http1/wire/chunked.js';
import { FIELD_NAME_BYTES } from '../http1/wire/fields.js';
import { EMPTY_LINES } from '../http1/wire/head-reader.js';
import { METHOD_BYTES } from '../http1/wire/method.js';
import {
  CONTROL_FRAMES_PER_SECOND,
  EARLY_RESET_MS,
  JUDGED_REQUESTS,
  OVERHEAD_BYTES_PER_SECOND,
  RESET_SHARE,
} from '../http2/conduct.js';
import { FAREWELL_MS } from '../http2/farewell.js';
import { INSPECTION_MS } from '../http2/http2-connections.js';
import {
  MAX_CONCURRENT_STREAMS,
  MAX_INVALID_FRAMES,
  MAX_SESSION_MEMORY_MB,
} from '../http2/session-options.js';
import { REQUESTS_PER_TURN } from '../http2/turn-pace.js';
import { SMALL_WINDOW_BYTES, WIDE_UPLOADS } from '../http2/upload-windows.js';
import { HANDSHAKE_TIMEOUT_MS } from '../listener.js';
import { FLOOR_AFTER_MS, FLOOR_BYTES_PER_S } from '../patience.js';
import { TRIAL_PROOF_MS } from '../reports/long-trials.js';

export interface ConstantLimit {
  readonly what: string;
  readonly value: string;
  /** The file in `data-plane/` that has the constant. */
  readonly file: string;
  /** What a peer gets beyond it. */
  readonly beyond: string;
}

const ms = formatDuration;
const bytes = formatSize;

function percent(share: number): string {
  return `${share * 100} %`;
}

export const CONSTANT_LIMITS: readonly ConstantLimit[] = [
  {
    what: 'TLS handshake',
    value: ms(HANDSHAKE_TIMEOUT_MS),
    file: 'listener.ts',
    beyond: 'closed, `tls`',
  },
  {
    what: 'slowest request body',
    value: `${FLOOR_BYTES_PER_S} B/s after ${ms(FLOOR_AFTER_MS)}`,
    file: 'patience.ts',
    beyond: '408; cut if the answer stands still, too',
  },
  {
    what: 'idle connection, for what must not be sent twice',
    value: ms(TRUSTED_IDLE_MS),
    file: 'http1/upstream-connections.ts',
    beyond: 'a new connection',
  },
  {
    what: 'client that has ended its side, until it is written to',
    value: ms(HALF_CLOSED_MS),
    file: 'engine-limits.ts',
    beyond: 'cut; 503 while it waits for a slot',
  },
  {
    what: 'client that goes on after our last word',
    value: ms(LINGER_MS),
    file: 'engine-limits.ts',
    beyond: 'cut',
  },
  {
    what: 'idle clients while shutting down, half the time at most',
    value: ms(IDLE_GRACE_MS),
    file: 'engine-limits.ts',
    beyond: 'closed',
  },
  {
    what: 'method',
    value: bytes(METHOD_BYTES),
    file: 'http1/wire/method.ts',
    beyond: '501 `not_implemented`',
  },
  {
    what: 'empty lines before a request',
    value: String(EMPTY_LINES),
    file: 'http1/wire/head-reader.ts',
    beyond: '400 `bad_request`',
  },
  {
    what: 'name of a header field',
    value: bytes(FIELD_NAME_BYTES),
    file: 'http1/wire/fields.ts',
    beyond: '431; 502 `upstream_malformed`',
  },
  {
    what: 'line of a chunk size',
    value: bytes(CHUNK_LINE_BYTES),
    file: 'http1/wire/chunked.ts',
    beyond: '400 `bad_request`; 502, or cut',
  },
  {
    what: 'chunk extensions, more than the data',
    value: bytes(EXTENSION_BYTES),
    file: 'http1/wire/chunked.ts',
    beyond: 'the same',
  },
  {
    what: 'interim responses to one request',
    value: String(MAX_INTERIM_RESPONSES),
    file: 'engine-limits.ts',
    beyond: '502 `upstream_malformed`',
  },
  {
    what: 'part of the open files that is kept for backends',
    value: `${percent(KEPT_PART)}, ${MIN_KEPT} to ${MAX_KEPT}`,
    file: 'admission.ts',
    beyond: 'closed at once, `descriptors`',
  },
  {
    what: 'requests of one connection answered by us in a turn',
    value: String(REQUESTS_AT_ONCE),
    file: 'engine-limits.ts',
    beyond: 'others first',
  },
  {
    what: 'answer of a trial that has no end',
    value: ms(TRIAL_PROOF_MS),
    file: 'reports/long-trials.ts',
    beyond: 'the next content makes it a success',
  },
  {
    what: 'TLS sessions kept, one for each backend',
    value: String(MAX_SESSIONS),
    file: 'http1/tls-sessions.ts',
    beyond: 'the oldest go',
  },
];

const CALM = 'closed, `ENHANCE_YOUR_CALM`';

export const HTTP2_LIMITS: readonly ConstantLimit[] = [
  {
    what: 'streams of a connection',
    value: String(MAX_CONCURRENT_STREAMS),
    file: 'http2/session-options.ts',
    beyond: 'refused',
  },
  {
    what: 'memory that node holds for a connection',
    value: `${MAX_SESSION_MEMORY_MB} MB`,
    file: 'http2/session-options.ts',
    beyond: 'further streams are refused',
  },
  {
    what: 'frames against the protocol',
    value: String(MAX_INVALID_FRAMES),
    file: 'http2/session-options.ts',
    beyond: 'closed by node',
  },
  {
    what: 'window of a stream with a body, at first',
    value: bytes(SMALL_WINDOW_BYTES),
    file: 'http2/upload-windows.ts',
    beyond: 'the client waits',
  },
  {
    what: 'bodies at once with the large `limits.upload_window`',
    value: String(WIDE_UPLOADS),
    file: 'http2/upload-windows.ts',
    beyond: 'small windows for all',
  },
  {
    what: 'requests judged together for resets',
    value: String(JUDGED_REQUESTS),
    file: 'http2/conduct.ts',
    beyond: '',
  },
  {
    what: `of these, reset by either side within ${ms(EARLY_RESET_MS)} of opening`,
    value: percent(RESET_SHARE),
    file: 'http2/conduct.ts',
    beyond: CALM,
  },
  {
    what: 'PING, SETTINGS and PRIORITY together, in a second',
    value: String(CONTROL_FRAMES_PER_SECOND),
    file: 'http2/conduct.ts',
    beyond: CALM,
  },
  {
    what: 'bytes that no head or body explains, in a second',
    value: bytes(OVERHEAD_BYTES_PER_SECOND),
    file: 'http2/conduct.ts',
    beyond: CALM,
  },
  {
    what: 'how often we look for such bytes',
    value: ms(INSPECTION_MS),
    file: 'http2/http2-connections.ts',
    beyond: '',
  },
  {
    what: 'requests begun or given up in a turn',
    value: String(REQUESTS_PER_TURN),
    file: 'http2/turn-pace.ts',
    beyond: 'the next turn; connections take turns',
  },
  {
    what: 'saying good-bye',
    value: ms(FAREWELL_MS),
    file: 'http2/farewell.ts',
    beyond: 'closed; reset after misconduct',
  },
];
