/** How workers bind the main listener. The primary sends these settings to them. Type and shape have one declaration. */
import { flag, integer, object, text, type TypeOf } from './shape.js';

/** The longest host, in characters. An IPv6 address with a zone is not longer. */
const MAX_HOST = 255;
/** The longest path of a file that systems accept. */
const MAX_PATH = 4_096;

export const listenerSettings = object(
  {
    host: text(MAX_HOST),
    /** 0 lets the system choose. All workers then share the chosen port. */
    port: integer(0, 65_535),
    tls: flag,
    /** Whether clients are offered HTTP/2 by ALPN (RFC 7301). Only with TLS. */
    h2: flag,
    /** Whether each worker binds with SO_REUSEPORT. Otherwise all workers share one handle. */
    reusePort: flag,
  },
  {
    /**
     * The socket is already bound, and the worker inherits it as descriptor `LISTENER_FD` (`platform/handover.ts`). If its
     * primary dies, the worker offers the socket in this directory. Absent if workers bind by themselves.
     */
    inherited: object({ offeredIn: text(MAX_PATH) }),
  },
);
export interface ListenerSettings extends TypeOf<typeof listenerSettings> {}
