/** Somebody who changes the weight of one backend by way of one host again and again, to another value each time. */
import { pause } from '../slow-peer.js';
import type { RigHost } from './fleet-rig.js';

const EVERY_MS = 100;
const MAX_WEIGHT = 1_000;

export class WeightWriter {
  readonly backend: string;
  /** Status of each write that was answered, by the weight. */
  readonly answers = new Map<number, number>();
  readonly #host: RigHost;
  #weight = 1;
  #isStopped = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(host: RigHost, backend: string) {
    this.#host = host;
    this.backend = backend;
  }

  /** Begins, or goes on after a stop. */
  start(): void {
    this.#isStopped = false;
    this.#writing = this.#write();
  }

  /** Resolves when the last write was answered. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#writing;
  }

  async #write(): Promise<void> {
    const path = `/api/v1/pools/default/backends/${this.backend}`;
    while (!this.#isStopped && this.#weight < MAX_WEIGHT) {
      this.#weight += 1;
      const { status } = await this.#host.tidegate.change('PATCH', path, { weight: this.#weight });
      this.answers.set(this.#weight, status);
      await pause(EVERY_MS);
    }
  }
}
