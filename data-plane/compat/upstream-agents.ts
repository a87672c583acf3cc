/**
 * Keeps connections to backends for the compat engine: node's agents, newest idle connection first. Certificates of
 * https backends are verified against their host names. Follows the settings of the snapshot in force.
 */
import type * as http from 'node:http';
import type * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { BackendAddress, ForwardingSettings } from '#shared/settings.js';
import type { ForwarderDeps } from '../forwarder.js';
import { UpstreamLives } from './upstream-lives.js';
import { PlainAgent, SecureAgent } from './upstream-reads.js';

interface AgentPair {
  readonly keepAliveMs: number;
  readonly plain: http.Agent;
  readonly secure: https.Agent;
}

export class UpstreamAgents {
  #kept: AgentPair | null = null;
  readonly #lives: UpstreamLives;
  readonly #lookup: LookupFunction;
  /** For attempts that must not meet another stale idle connection. */
  readonly #freshPlain: PlainAgent;
  readonly #freshSecure: SecureAgent;

  constructor(context: Pick<ForwarderDeps, 'lookup' | 'monotonic' | 'random'>) {
    this.#lives = new UpstreamLives(context);
    this.#lookup = context.lookup;
    const options = { keepAlive: false, lookup: context.lookup };
    this.#freshPlain = new PlainAgent(options, this.#lives);
    this.#freshSecure = new SecureAgent({ ...options, rejectUnauthorized: true }, this.#lives);
  }

  /** @param fresh on a new connection that is not kept */
  agentFor(address: BackendAddress, settings: ForwardingSettings, fresh: boolean): http.Agent {
    this.#lives.limits = settings.limits;
    if (fresh) return address.protocol === 'https' ? this.#freshSecure : this.#freshPlain;
    const pair = this.#pair(settings);
    return address.protocol === 'https' ? pair.secure : pair.plain;
  }

  /** Cuts all connections, also those in use. */
  destroy(): void {
    this.#kept?.plain.destroy();
    this.#kept?.secure.destroy();
    this.#freshPlain.destroy();
    this.#freshSecure.destroy();
  }

  #pair(settings: ForwardingSettings): AgentPair {
    const keepAliveMs = settings.timeouts.upstreamKeepAliveMs;
    const maxFreeSockets = settings.limits.idlePerBackend;
    if (this.#kept !== null && this.#kept.keepAliveMs !== keepAliveMs) {
      retire(this.#kept.plain);
      retire(this.#kept.secure);
      this.#kept = null;
    }
    if (this.#kept === null) {
      const options = {
        keepAlive: true,
        scheduling: 'lifo',
        timeout: keepAliveMs,
        maxFreeSockets,
        lookup: this.#lookup,
      } as const;
      this.#kept = {
        keepAliveMs,
        plain: new PlainAgent(options, this.#lives),
        secure: new SecureAgent({ ...options, rejectUnauthorized: true }, this.#lives),
      };
    }
    // An agent reads its limit each time a connection becomes idle.
    this.#kept.plain.maxFreeSockets = maxFreeSockets;
    this.#kept.secure.maxFreeSockets = maxFreeSockets;
    return this.#kept;
  }
}

/** Lets an agent finish what runs on it and keep nothing. (`Agent.destroy` would cut running requests too.) */
function retire(agent: http.Agent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
