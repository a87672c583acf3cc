/**
 * Which new connections are let in: no more than the limit, and none while descriptors are short. Some descriptors are kept for
 * what the accepted connections need: connections to backends, files. Without this the system would refuse to accept, and
 * node then closes waiting connections without a word.
 */
import type { Server, Socket } from 'node:net';
import { openFileLimit, openFiles } from '#shared/platform/open-files.js';
import type { ForwarderDeps } from './forwarder.js';

/** Part of all descriptors that is kept, and at least and at most how many. */
export const KEPT_PART = 1 / 8;
export const MIN_KEPT = 16;
export const MAX_KEPT = 1_024;
/** How often it is looked at whether descriptors are still short, while connections are refused. */
const LOOK_EVERY_MS = 50;

export class Admission {
  readonly #server: Server & { dropMaxConnection?: boolean };
  readonly #deps: ForwarderDeps;
  readonly #limit = openFileLimit();
  /** As many descriptors may be open when a connection is accepted. */
  readonly #enough: number;
  #isShort = false;
  #lookedAt = 0;

  constructor(server: Server, deps: ForwarderDeps) {
    this.#server = server;
    this.#deps = deps;
    this.#enough = this.#limit === null ? Infinity : this.#limit - keptOf(this.#limit);
    // A connection that the primary handed out would go back there, and round and round while all workers are full.
    this.#server.dropMaxConnection = true;
    server.on('drop', () => this.#dropped());
    this.#apply();
  }

  /** The system gives the lowest number that is free: those below it are in use. */
  accepted(socket: Socket): void {
    const { fd }: { fd?: unknown } = Reflect.get(socket, '_handle') ?? {};
    if (typeof fd === 'number' && fd >= this.#enough) this.#becomeShort();
    this.#apply();
  }

  #dropped(): void {
    this.#refused(this.#isShort ? 'descriptors' : 'limit');
    const now = this.#deps.monotonic();
    if (this.#isShort && now - this.#lookedAt >= LOOK_EVERY_MS) {
      this.#lookedAt = now;
      if ((openFiles() ?? 0) < this.#enough) this.#isShort = false;
      else this.#becomeShort();
    }
    // The limit may have been raised, and is looked at nowhere else while all connections are taken.
    this.#apply();
  }

  #becomeShort(): void {
    this.#isShort = true;
    this.#deps.shortage.tell(
      { limit: this.#limit, open: openFiles() },
      'out of file descriptors: new connections are refused until some are free',
    );
  }

  #apply(): void {
    const { connectionsPerWorker } = this.#deps.table().forwarding.limits;
    this.#server.maxConnections = this.#isShort ? 0 : connectionsPerWorker;
  }

  #refused(reason: 'limit' | 'descriptors'): void {
    const { series } = this.#deps;
    series.counters.add(series.connectionsRefused.get(reason), 1);
  }
}

function keptOf(limit: number): number {
  return Math.min(MAX_KEPT, Math.max(MIN_KEPT, Math.floor(limit * KEPT_PART)));
}
