/** Publishes a snapshot whenever the world has changed for workers, and numbers it. */
import type { World } from '../domain/decision.js';
import { mayForward, sameForWorkers, snapshotOf } from '../domain/snapshot.js';
import type { Broadcaster } from './broadcaster.js';

export class Publisher {
  readonly #broadcaster: Broadcaster;
  readonly #host: string;
  #published: World | null = null;
  #version = 0;

  /** @param host whose workers the snapshots are for */
  constructor(broadcaster: Broadcaster, host: string) {
    this.#broadcaster = broadcaster;
    this.#host = host;
  }

  /** The world is this one now. */
  changed(world: World, at: number): void {
    if (this.#published !== null && sameForWorkers(this.#published, world)) return;
    this.#published = world;
    if (!mayForward(world)) return;
    this.#version += 1;
    const version = this.#version;
    this.#broadcaster.publish({ epoch: world.state.epoch, version }, () =>
      snapshotOf(world, { version, at, host: this.#host }),
    );
  }
}
