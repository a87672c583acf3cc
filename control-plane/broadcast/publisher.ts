/** Numbers and publishes a snapshot whenever something has changed that workers use. */
import type { World } from '../domain/decision.js';
import { mayForward, sameForWorkers, snapshotOf } from '../domain/snapshot.js';
import type { Broadcaster } from './broadcaster.js';

export class Publisher {
  readonly #broadcaster: Broadcaster;
  readonly #host: string;
  #published: World | null = null;
  #version = 0;

  /** @param host the name of the host that these workers run on */
  constructor(broadcaster: Broadcaster, host: string) {
    this.#broadcaster = broadcaster;
    this.#host = host;
  }

  /** Call with each new world, at `at` ms since 1970. Publishes nothing if workers would see no difference. */
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
