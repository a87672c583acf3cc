/** How long the compat engine keeps each connection to a backend: what node's agents do not look after themselves. */
import type { Duplex } from 'node:stream';
import { Socket } from 'node:net';
import type { LimitSettings } from '#shared/settings.js';
import { restOfLife, upstreamLife, type UpstreamLife } from '../connection-age.js';
import type { ForwarderDeps } from '../forwarder.js';

export class UpstreamLives {
  /** Those in force. `null`: nothing was sent yet. */
  limits: LimitSettings | null = null;
  readonly #lives = new WeakMap<Duplex, UpstreamLife>();
  readonly #context: Pick<ForwarderDeps, 'monotonic' | 'random'>;

  constructor(context: Pick<ForwarderDeps, 'monotonic' | 'random'>) {
    this.#context = context;
  }

  begun(socket: Duplex): void {
    if (this.limits === null) return;
    this.#lives.set(socket, upstreamLife(this.limits, this.#context.monotonic(), this.#context.random));
  }

  /** It has carried a request. Returns whether it may be kept; one that may is closed when its time is over. */
  mayStay(socket: Duplex): boolean {
    const life = this.#lives.get(socket);
    if (life === undefined) return true;
    const restMs = restOfLife(life, this.#context.monotonic());
    // 0 means none here: the agent has set what is left by `timeouts.upstream_keep_alive`.
    if (restMs > 0 && socket instanceof Socket && (socket.timeout ?? 0) > restMs) {
      socket.setTimeout(Math.ceil(restMs));
    }
    return restMs > 0;
  }
}
