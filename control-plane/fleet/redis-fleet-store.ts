/** The store of a fleet in Redis: each call is a script (`scripts.ts`) or a read. */
import { FleetConnection } from './fleet-connection.js';
import {
  type Acquired,
  type AppendOptions,
  type Appended,
  type Beaten,
  type BeatOptions,
  type Bell,
  type Candidate,
  type Done,
  type Fenced,
  type FleetStore,
  type Found,
  type Head,
  type HostEntry,
  type InboxEntry,
  type LogEntry,
  MAX_ANSWERS,
  MAX_INBOX,
  MAX_LEFT,
  type Posted,
  type PostOptions,
  type Renewed,
  type Restored,
  type RestoreOptions,
  type Saved,
  type StoredAnswer,
  type StoredSnapshot,
  type Term,
} from './fleet-store.js';
import {
  answersIn,
  countIn,
  headIn,
  hostsIn,
  inboxIn,
  leaseIn,
  listIn,
  logIn,
  numberIn,
  snapshotIn,
  textIn,
} from './redis-answers.js';
import type { ReplicaWatch } from './replica-watch.js';
import * as scripts from './scripts.js';

const HEAD_FIELDS = ['epoch', 'seq', 'cmd', 'first', 'base', 'snap', 'level'];
const SNAPSHOT_FIELDS = ['epoch', 'seq', 'level', 'sha', 'body'];

export class RedisFleetStore implements FleetStore {
  readonly #redis: FleetConnection;
  readonly #replicas: ReplicaWatch | null;

  /** @param replicas told of replicas that have, or lack, what is appended; unless given, they are not asked for */
  constructor(redis: FleetConnection, replicas: ReplicaWatch | null = null) {
    this.#redis = redis;
    this.#replicas = replicas !== null && replicas.wanted > 0 ? replicas : null;
  }

  get refusal(): string | null {
    return this.#redis.refusal;
  }

  acquire({
    id,
    host,
    ttlMs,
    seen,
    step,
  }: Candidate & { ttlMs: number; seen: number; step: number }): Promise<Acquired> {
    const args = [id, host, ttlMs, seen, step, this.#redis.keyOf('bell')];
    return this.#redis.run(scripts.ACQUIRE, ['lease', 'head'], args, ([kind, ...rest]) => {
      if (kind === 'LEADS') {
        return { kind: 'leads', epoch: countIn(rest[0], 'epoch'), time: countIn(rest[1], 'time') };
      }
      const [holder, itsHost, epoch, left, now] = rest;
      const by = {
        id: textIn(holder, 'holder of the lease'),
        host: textIn(itsHost, 'host of the lease'),
        epoch: countIn(epoch, 'epoch'),
        leftMs: numberIn(left, 'rest of the lease'),
      };
      return { kind: 'held', by, time: countIn(now, 'time') };
    });
  }

  renew({ id, epoch, ttlMs }: Term & { ttlMs: number }): Promise<Renewed> {
    return this.#redis.run(scripts.RENEW, ['lease'], [id, epoch, ttlMs], ([kind, value]) =>
      kind === 'OK' ? { kind: 'ok', time: countIn(value, 'time') } : fenced(value),
    );
  }

  resign({ id, epoch }: Term): Promise<Done> {
    return this.#redis.run(scripts.RESIGN, ['lease'], [id, epoch, this.#redis.keyOf('bell')], () => ({
      kind: 'ok',
    }));
  }

  async append(options: AppendOptions): Promise<Appended> {
    const { id, epoch, expectedSeq, command, inbox, notAfter, events, answers } = options;
    const args = [
      id,
      epoch,
      expectedSeq,
      command,
      inbox,
      notAfter === Infinity ? '' : notAfter,
      this.#redis.keyOf('bell'),
      MAX_ANSWERS,
      answers.length,
      ...answers.flatMap(({ nonce, text }) => [nonce, text]),
      ...events,
    ];
    const keys = ['lease', 'head', 'log', 'answers', 'inbox'];
    const read = ([kind, one, two, three]: readonly unknown[]): Appended => {
      switch (kind) {
        case 'OK':
          return { kind: 'ok', seq: countIn(one, 'seq') };
        case 'LOST':
          return { kind: 'lost' };
        case 'LATE':
          return { kind: 'late' };
        case 'CONFLICT':
          return {
            kind: 'conflict',
            head: { epoch: countIn(one, 'epoch'), seq: countIn(two, 'seq') },
            command: countIn(three, 'command'),
          };
        default:
          return fenced(one);
      }
    };
    const watch = this.#replicas;
    if (watch === null) return this.#redis.run(scripts.APPEND, keys, args, read);
    const call = { script: scripts.APPEND, keys, args };
    const { answer, replicas } = await this.#redis.runReplicated(call, read, watch);
    if (answer.kind === 'ok') watch.appended(replicas);
    return answer;
  }

  restore({ id, epoch, head, snapshot, tail, command, event, secret }: RestoreOptions): Promise<Restored> {
    const { position, level, sha256, body } = snapshot;
    const args = [
      id,
      epoch,
      head?.epoch ?? '',
      head?.seq ?? '',
      position.epoch,
      position.seq,
      command,
      level,
      sha256,
      body,
      event,
      this.#redis.keyOf('bell'),
      secret ?? '',
      ...tail.flatMap(({ position: at, text }) => [`${at.seq}-${at.epoch}`, text]),
    ];
    const keys = ['lease', 'head', 'log', 'snap', 'inbox', 'secret'];
    return this.#redis.run(scripts.RESTORE, keys, args, ([kind, one, two]): Restored => {
      if (kind === 'OK') return { kind: 'ok', seq: countIn(one, 'seq') };
      if (kind !== 'PRESENT') return fenced(one);
      return {
        kind: 'present',
        head: two === -1 ? null : { epoch: countIn(one, 'epoch'), seq: countIn(two, 'seq') },
      };
    });
  }

  saveSnapshot(options: Term & { snapshot: StoredSnapshot; keepFrom: number }): Promise<Saved> {
    const { id, epoch, snapshot, keepFrom } = options;
    const { position, level, sha256, body } = snapshot;
    const args = [id, epoch, position.epoch, position.seq, level, sha256, body, keepFrom];
    return this.#redis.run(scripts.SNAP, ['lease', 'head', 'snap', 'log'], args, ([kind, value]): Saved => {
      if (kind === 'OK') return { kind: 'ok' };
      return kind === 'STALE' ? { kind: 'stale' } : fenced(value);
    });
  }

  head(): Promise<Found<Head | null>> {
    return this.#redis.find('HMGET', [this.#redis.keyOf('head'), ...HEAD_FIELDS], (value) =>
      headIn(listIn(value, 'head')),
    );
  }

  snapshot(): Promise<Found<StoredSnapshot | null>> {
    return this.#redis.find('HMGET', [this.#redis.keyOf('snap'), ...SNAPSHOT_FIELDS], (value) =>
      snapshotIn(listIn(value, 'snapshot')),
    );
  }

  read({ from, limit }: { from: number; limit: number }): Promise<Found<readonly LogEntry[]>> {
    return this.#redis.find('XRANGE', [this.#redis.keyOf('log'), from, '+', 'COUNT', limit], logIn);
  }

  async beat({ host, incarnation, number, beat, cold, freshMs, maxHosts }: BeatOptions): Promise<Beaten> {
    const { number: connection } = this.#redis;
    const args = [
      host,
      incarnation,
      number,
      beat,
      cold ?? '',
      cold === null ? '0' : '1',
      freshMs,
      this.#redis.keyOf('bell'),
      maxHosts,
    ];
    const keys = [`h:${host}`, 'hosts', 'lease', 'head', 'left'];
    const read = ([kind, one, previous, lease, head]: readonly unknown[]): Beaten => {
      if (kind === 'TAKEN') return { kind: 'taken', by: textIn(one, 'incarnation') };
      if (kind === 'FULL') return { kind: 'full' };
      const time = countIn(one, 'time');
      return {
        kind: 'ok',
        time,
        connection,
        previous: countIn(previous, 'number of a beat'),
        lease: leaseIn(listIn(lease, 'lease'), time),
        head: headIn(listIn(head, 'head')),
      };
    };
    // A beat is a write, too: it tells when the replicas are there again.
    const watch = this.#replicas;
    if (watch?.isShort !== true) return this.#redis.run(scripts.BEAT, keys, args, read);
    const call = { script: scripts.BEAT, keys, args };
    const { answer, replicas } = await this.#redis.runReplicated(call, read, watch);
    if (answer.kind === 'ok') watch.looked(replicas);
    return answer;
  }

  leave(host: string, incarnation: string): Promise<Done> {
    const args = [host, incarnation, this.#redis.keyOf('bell'), MAX_LEFT];
    return this.#redis.run(scripts.LEAVE, [`h:${host}`, 'hosts', 'left'], args, () => ({ kind: 'ok' }));
  }

  hosts(): Promise<Found<readonly HostEntry[]>> {
    return this.#redis.run(scripts.HOSTS, ['hosts'], [this.#redis.keyOf('h:')], (value) => ({
      kind: 'ok',
      value: hostsIn(value),
    }));
  }

  forgetHost({ id, epoch, host, heardAt }: Term & { host: string; heardAt: number }): Promise<Done> {
    const args = [id, epoch, host, heardAt, this.#redis.keyOf('bell')];
    return this.#redis.run(scripts.FORGET, ['lease', `h:${host}`, 'hosts'], args, () => ({ kind: 'ok' }));
  }

  post({ nonce, ttlMs, text }: PostOptions): Promise<Posted> {
    const args = [nonce, ttlMs, text, this.#redis.keyOf('bell'), MAX_INBOX];
    return this.#redis.run(scripts.POST, ['lease', 'inbox'], args, ([kind, id, epoch]): Posted => {
      if (kind === 'OK') return { kind: 'ok', id: textIn(id, 'id'), epoch: countIn(epoch, 'epoch') };
      return kind === 'FULL' ? { kind: 'full' } : { kind: 'leaderless' };
    });
  }

  inbox({ after, limit }: { after: string; limit: number }): Promise<Found<readonly InboxEntry[]>> {
    return this.#redis.find(
      'XRANGE',
      [this.#redis.keyOf('inbox'), `(${after}`, '+', 'COUNT', limit],
      inboxIn,
    );
  }

  answers({ after, limit }: { after: string; limit: number }): Promise<Found<readonly StoredAnswer[]>> {
    return this.#redis.find(
      'XRANGE',
      [this.#redis.keyOf('answers'), `(${after}`, '+', 'COUNT', limit],
      answersIn,
    );
  }

  shareSecret(secret: string): Promise<Found<string>> {
    return this.#redis.run(scripts.SHARE, ['secret'], [secret], ([value]) => ({
      kind: 'ok',
      value: textIn(value, 'the secret'),
    }));
  }

  onBell(listener: (bell: Bell | null) => void): () => void {
    return this.#redis.onBell(listener);
  }

  close(): Promise<void> {
    this.#redis.close();
    return Promise.resolve();
  }
}

function fenced(by: unknown): Fenced {
  return { kind: 'fenced', by: typeof by === 'string' && by !== '' ? by : null };
}
