/**
 * Brings the newest snapshot to every worker. One snapshot at a time is under way to each; when it is acknowledged
 * the newest one follows, and those in between are never sent, nor even built: with 10,000 backends building one takes
 * some 20 ms, and their first checks alone publish 10,000. A refused snapshot is not sent again: the next one is.
 */
import type { SnapshotMessage } from '#shared/message.js';
import { type Snapshot, type SnapshotPosition, isNewer } from '#shared/snapshot.js';

/** Sends to one worker. Must not throw; what cannot be sent is lost with its worker. */
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

  /** The newest snapshot's place; (0, 0) before the first. */
  get position(): SnapshotPosition {
    return this.#newest?.position ?? { epoch: 0, version: 0 };
  }

  /** `build` makes the snapshot with this place, should a worker get it. */
  publish(position: SnapshotPosition, build: () => Snapshot): void {
    this.#newest = { position, build };
    this.#encoded = null;
    for (const follower of this.#followers.values()) this.#tell(follower);
  }

  /** From now on the worker gets snapshots, the newest at once. */
  follow(worker: number, send: SnapshotSender): void {
    const follower: Follower = { send, underWay: false, told: null };
    this.#followers.set(worker, follower);
    this.#tell(follower);
  }

  unfollow(worker: number): void {
    this.#followers.delete(worker);
  }

  /** The worker has applied or refused the snapshot under way. */
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

  /** Encodes once for all workers. */
  #encode({ position, build }: Published): SnapshotMessage {
    this.#encoded ??= { type: 'snapshot', ...position, payload: encoder.encode(JSON.stringify(build())) };
    return this.#encoded;
  }
}
