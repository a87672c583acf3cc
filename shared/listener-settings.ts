/** How workers bind the main listener, as the primary tells them. Declared once: type and shape. */
import { flag, integer, object, text, type TypeOf } from './shape.js';

/** Longest host: an IPv6 address with a zone is no longer. */
const MAX_HOST = 255;
/** Longest path of a file that systems take. */
const MAX_PATH = 4_096;

export const listenerSettings = object(
  {
    host: text(MAX_HOST),
    /** 0 lets the system choose; all workers then share the port chosen. */
    port: integer(0, 65_535),
    tls: flag,
    /** Offer HTTP/2 to clients (ALPN). Only with TLS. */
    h2: flag,
    /** Bind per worker with SO_REUSEPORT instead of sharing one handle. */
    reusePort: flag,
  },
  {
    /**
     * The socket is bound already, and inherited (`platform/handover.ts` says as which descriptor). A worker whose primary
     * died offers it in this directory. Absent: workers bind by themselves.
     */
    inherited: object({ offeredIn: text(MAX_PATH) }),
  },
);
export interface ListenerSettings extends TypeOf<typeof listenerSettings> {}
