/**
 * Brings the newest snapshot to every worker.
 *
 * At most one snapshot is on its way to each worker. When the worker has answered it, the newest one follows. Snapshots
 * in between are neither sent nor built, because building one for 10,000 backends takes about 20 ms, and the first
 * checks of 10,000 backends alone publish 10,000 snapshots. A refused snapshot is not sent again: the next one is.
 */
import type { SnapshotMessage } from '#shared/message.js';
import { type Snapshot, type SnapshotPosition, isNewer } from '#shared/snapshot.js';

/** Sends a message to one worker. Must not throw: a message that cannot be sent is lost together with its worker. */
type SnapshotSender = (message: SnapshotMessage) => void;

interface Published {
  readonly position: SnapshotPosition;
  readonly build: () => Snapshot;
}

interface Follower {
  readonly send: SnapshotSender;
  underWay: boolean;
  told: SnapshotPosition | null;
}

const encoder = new TextEncoder();

export class Broadcaster {
  readonly #followers = new Map<number, Follower>();
  #newest: Published | null = null;
  #encoded: SnapshotMessage | null = null;

  /** Epoch and version of the newest snapshot; (0, 0) before the first. */
  get position(): SnapshotPosition {
    return this.#newest?.position ?? { epoch: 0, version: 0 };
  }

  /** Announces a new snapshot. `build` makes it when the first worker needs it, which may be never. */
  publish(position: SnapshotPosition, build: () => Snapshot): void {
    this.#newest = { position, build };
    this.#encoded = null;
    for (const follower of this.#followers.values()) this.#tell(follower);
  }

  /** From now on the worker gets every newest snapshot, the present one at once. */
  follow(worker: number, send: SnapshotSender): void {
    const follower: Follower = { send, underWay: false, told: null };
    this.#followers.set(worker, follower);
    this.#tell(follower);
  }

  unfollow(worker: number): void {
    this.#followers.delete(worker);
  }

  /** The worker has applied or refused the snapshot that was sent to it, so it may get the next. */
  answered(worker: number): void {
    const follower = this.#followers.get(worker);
    if (follower === undefined) return;
    follower.underWay = false;
    this.#tell(follower);
  }

  #tell(follower: Follower): void {
    if (this.#newest === null || follower.underWay) return;
    if (follower.told !== null && !isNewer(this.#newest.position, follower.told)) return;
    const message = this.#encode(this.#newest);
    follower.underWay = true;
    follower.told = { epoch: message.epoch, version: message.version };
    follower.send(message);
  }

  /** Encodes the newest snapshot once, for all workers. */
  #encode({ position, build }: Published): SnapshotMessage {
    this.#encoded ??= { type: 'snapshot', ...position, payload: encoder.encode(JSON.stringify(build())) };
    return this.#encoded;
  }
}
