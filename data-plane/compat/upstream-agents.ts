/**
 * Keeps connections to backends for the compat engine: node's agents, newest idle connection first. Certificates of
 * https backends are verified against their host names. Follows the settings of the snapshot in force.
 */
import type * as http from 'node:http';
import type * as https from 'node:https';
import type { BackendAddress, ForwardingSettings } from '#shared/settings.js';
import type { ForwarderDeps } from '../forwarder.js';
import { UpstreamLives } from './upstream-lives.js';
import { PlainAgent, SecureAgent } from './upstream-reads.js';

interface AgentPair {
  readonly plain: http.Agent;
  readonly secure: https.Agent;
}

type AgentsContext = Pick<ForwarderDeps, 'lookup' | 'monotonic' | 'random' | 'table'>;

export class UpstreamAgents {
  /** By how long they keep a connection. */
  readonly #kept = new Map<number, AgentPair>();
  readonly #context: AgentsContext;
  readonly #lives: UpstreamLives;
  /** For attempts that must not meet another stale idle connection. */
  readonly #freshPlain: PlainAgent;
  readonly #freshSecure: SecureAgent;

  constructor(context: AgentsContext) {
    this.#context = context;
    this.#lives = new UpstreamLives(context);
    const options = { keepAlive: false, lookup: context.lookup };
    this.#freshPlain = new PlainAgent(options, this.#lives);
    this.#freshSecure = new SecureAgent({ ...options, rejectUnauthorized: true }, this.#lives);
  }

  /** @param fresh on a new connection that is not kept */
  agentFor(address: BackendAddress, settings: ForwardingSettings, fresh: boolean): http.Agent {
    this.#lives.limits = settings.limits;
    // An agent takes a time of 0 for none, and would keep its connections for good.
    const keepsNone = fresh || settings.timeouts.upstreamKeepAliveMs === 0;
    if (keepsNone) return address.protocol === 'https' ? this.#freshSecure : this.#freshPlain;
    const pair = this.#pair(settings);
    return address.protocol === 'https' ? pair.secure : pair.plain;
  }

  /** Cuts all connections, also those in use. */
  destroy(): void {
    for (const { plain, secure } of this.#kept.values()) {
      plain.destroy();
      secure.destroy();
    }
    this.#freshPlain.destroy();
    this.#freshSecure.destroy();
  }

  #pair({ timeouts, limits }: ForwardingSettings): AgentPair {
    const keepAliveMs = timeouts.upstreamKeepAliveMs;
    const maxFreeSockets = limits.idlePerBackend;
    let pair = this.#kept.get(keepAliveMs);
    if (pair === undefined) {
      this.#retireUnused();
      const { lookup } = this.#context;
      const options = {
        keepAlive: true,
        scheduling: 'lifo',
        timeout: keepAliveMs,
        maxFreeSockets,
        lookup,
      } as const;
      pair = {
        plain: new PlainAgent(options, this.#lives),
        secure: new SecureAgent({ ...options, rejectUnauthorized: true }, this.#lives),
      };
      this.#kept.set(keepAliveMs, pair);
    }
    // An agent reads its limit each time a connection becomes idle.
    pair.plain.maxFreeSockets = maxFreeSockets;
    pair.secure.maxFreeSockets = maxFreeSockets;
    return pair;
  }

  /** Retires the agents whose time no pool has any more. */
  #retireUnused(): void {
    const pools = [...this.#context.table().pools.values()];
    const used = new Set(pools.map(({ forwarding }) => forwarding.timeouts.upstreamKeepAliveMs));
    for (const [keepAliveMs, { plain, secure }] of this.#kept) {
      if (used.has(keepAliveMs)) continue;
      retire(plain);
      retire(secure);
      this.#kept.delete(keepAliveMs);
    }
  }
}

/** Lets an agent finish what runs on it and keep nothing. (`Agent.destroy` would cut running requests too.) */
function retire(agent: http.Agent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
