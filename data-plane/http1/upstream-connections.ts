/**
 * The idle connections to all backends, per origin, the one used last first: it is the least likely to have been closed, and
 * those that are not needed grow old and go. A connection that ended or spoke while idle is never handed out. None is used for
 * ever: traffic that keeps one busy would never see that its backend's name has another address.
 */
import type { ForwardingSettings } from '#shared/settings.js';
import { restOfLife, upstreamLife } from '../connection-age.js';
import type { ForwarderDeps } from '../forwarder.js';
import type { BackendEntry } from '../routing/routing-table.js';
import type { ReadBuffers } from './read-buffers.js';
import type { Scratch } from './scratch.js';
import { TlsSessions } from './tls-sessions.js';
import type { TimerWheel } from './timer-wheel.js';
import { UpstreamConnection, type UpstreamHost, type UpstreamUser } from './upstream-connection.js';

/**
 * How long a connection may have been idle for a request that may not be sent twice. Where a backend closes one just when it is
 * used nobody knows whether that was carried out, and the client gets a 502; others are sent again. Backends close after
 * two seconds of idleness (gunicorn) or more, so that this cannot happen where it does not have to: it costs such
 * requests a connection of their own where there are fewer than one a second.
 */
export const TRUSTED_IDLE_MS = 1_000;

/** Who wants a connection. */
export interface UpstreamTaker extends UpstreamUser {
  /** Whether the request may be sent once more if this connection turns out to be closed. */
  mayRepeat(): boolean;
}

interface UpstreamConnectionsParts {
  readonly context: Pick<ForwarderDeps, 'lookup' | 'random'>;
  readonly wheel: TimerWheel;
  readonly scratch: Scratch;
  readonly buffers: ReadBuffers;
  /** An exception where nobody uses a connection: a bug. */
  readonly bug: (error: unknown) => void;
}

export class UpstreamConnections {
  readonly #idle = new Map<string, UpstreamConnection[]>();
  readonly #sessions = new TlsSessions();
  readonly #wheel: TimerWheel;
  readonly #parts: UpstreamConnectionsParts;

  constructor(parts: UpstreamConnectionsParts) {
    this.#wheel = parts.wheel;
    this.#parts = parts;
  }

  /** An idle connection to the backend, if there is one that may do for this request. */
  take(backend: BackendEntry, user: UpstreamTaker): UpstreamConnection | null {
    const idle = this.#idle.get(backend.origin);
    let connection = idle?.pop();
    // `close` is told later than the end: a request that nobody may repeat must not meet it in between.
    while (connection?.socket.destroyed === true) connection = idle?.pop();
    if (idle === undefined || connection === undefined) return null;
    if (this.#wheel.now - connection.idleSince > TRUSTED_IDLE_MS && !user.mayRepeat()) {
      idle.push(connection);
      return null;
    }
    this.#wheel.clear(connection.deadline);
    connection.user = user;
    return connection;
  }

  /** A new connection; its user is told when it stands. A backend with a limit has one for each of its slots at most. */
  open(backend: BackendEntry, user: UpstreamUser, settings: ForwardingSettings): UpstreamConnection {
    const { load, origin } = backend;
    const idle = this.#idle.get(origin);
    // Idle ones were passed over. Those that are in the way are the oldest.
    while (idle !== undefined && idle.length > 0 && load.own + idle.length > load.limit) {
      idle.shift()?.destroy();
    }
    const { buffers, scratch, bug, context } = this.#parts;
    const host: UpstreamHost = {
      buffers,
      scratch,
      reader: scratch.tables(settings.limits).response,
      sessions: this.#sessions,
      lookup: context.lookup,
      life: upstreamLife(settings.limits, this.#wheel.now, context.random),
      bug,
      lostIdle: (connection) => this.#lost(connection),
    };
    return new UpstreamConnection(host, backend.origin, backend.address, user);
  }

  /** The connection has nothing to do, and may be used again. */
  put(connection: UpstreamConnection, settings: ForwardingSettings): void {
    connection.release();
    let idle = this.#idle.get(connection.origin);
    if (idle === undefined) {
      idle = [];
      this.#idle.set(connection.origin, idle);
    }
    const { now } = this.#wheel;
    const keptMs = Math.min(restOfLife(connection.life, now), settings.timeouts.upstreamKeepAliveMs);
    if (keptMs === 0 || idle.length >= settings.limits.idlePerBackend) {
      connection.destroy();
      return;
    }
    idle.push(connection);
    connection.idleSince = now;
    this.#wheel.set(connection.deadline, keptMs);
  }

  destroyIdle(): void {
    for (const idle of this.#idle.values()) {
      for (const connection of idle) connection.destroy();
    }
    this.#idle.clear();
  }

  #lost(connection: UpstreamConnection): void {
    this.#wheel.giveUp(connection.deadline);
    const idle = this.#idle.get(connection.origin);
    const place = idle?.indexOf(connection) ?? -1;
    if (idle === undefined || place < 0) return;
    idle.splice(place, 1);
    if (idle.length === 0) this.#idle.delete(connection.origin);
  }
}
