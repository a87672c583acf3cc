/** The store of each server, with the laws of the fleet's log: what is stored where, by whom, and over what. */
import { readSnapshot } from '../../../control-plane/fleet/fleet-codec.js';
import {
  type Acquired,
  type AnswerEntry,
  type Appended,
  type AppendOptions,
  type Candidate,
  type LogEntry,
  type Restored,
  type RestoreOptions,
  type Saved,
  type StoredSnapshot,
  type Term,
  MAX_ANSWERS,
  MAX_INBOX,
  type Posted,
  type PostOptions,
} from '../../../control-plane/fleet/fleet-store.js';
import { readAnswer } from '../../../control-plane/fleet/fleet-writes.js';
import { sameValue } from '../../../control-plane/domain/same-value.js';
import { type Known, StoreModel, type StoreFlaw, type StoreHolder } from '../../support/fleet/store-model.js';
import type { Ledger } from '../ledger.js';
import type { FleetWrites } from './fleet-writes.js';
import { fleetAt, type Histories, isPastOf, keyOf, type Place } from './histories.js';

export interface StoreWatch {
  readonly ledger: Ledger;
  readonly histories: Histories;
  readonly writes: FleetWrites;
  /** Who wrote in each epoch. */
  readonly writers: Map<number, string>;
  /** Where the write of a nonce was carried out. */
  readonly carriedOut: Map<string, string>;
  readonly flaws: ReadonlySet<StoreFlaw>;
  /** Events that stay in a log when a snapshot is stored. */
  readonly kept: number;
  /** A lease was given to another. */
  readonly leased: (holder: StoreHolder, id: string) => void;
  /** The log of this server ends somewhere else. */
  readonly ended: (holder: StoreHolder, head: Place) => void;
}

export class WatchedStore extends StoreModel {
  readonly #holder: StoreHolder;
  readonly #watch: StoreWatch;

  constructor(holder: StoreHolder, watch: StoreWatch) {
    super(holder, watch.flaws);
    this.#holder = holder;
    this.#watch = watch;
  }

  override acquire(options: Candidate & { ttlMs: number; seen: number; step: number }): Known<Acquired> {
    const answer = super.acquire(options);
    if (answer.kind === 'leads') this.#watch.leased(this.#holder, options.id);
    return answer;
  }

  override append(options: AppendOptions): Known<Appended> {
    const { ledger, histories } = this.#watch;
    const { head } = this.#holder.state;
    const answer = super.append(options);
    if (answer.kind !== 'ok') return answer;
    this.#requireWriter(options);
    const before = histories.at(head);
    if (before === undefined || head === null) throw new Error('an append to a log that nobody began');
    ledger.require(before.epoch <= options.epoch, 'epochs-rise', `${options.epoch} after ${before.epoch}`);
    const entries = this.#holder.state.log.slice(-options.events.length);
    const last = options.events.length === 0 ? before : this.#take(before, entries);
    ledger.require(last.seq === answer.seq, 'log-gapless', `${last.seq} is not ${answer.seq}`);
    this.#takeAnswers(options.answers);
    this.#end(last);
    return answer;
  }

  override restore(options: RestoreOptions): Known<Restored> {
    const { ledger, histories } = this.#watch;
    const head = histories.at(this.#holder.state.head);
    const answer = super.restore(options);
    if (answer.kind !== 'ok') return answer;
    this.#requireWriter(options);
    const fleet = readSnapshot(options.snapshot);
    if (!fleet.ok) throw new Error(fleet.problem);
    const known = histories.at(options.snapshot.position);
    const base = known ?? histories.found(fleet.value);
    this.#requireState(base, options.snapshot);
    ledger.require(
      head === undefined || (known !== undefined && isPastOf(head, known)),
      'restores-keep-what-is-there',
      `${keyOf(base)} over ${head === undefined ? 'nothing' : keyOf(head)}`,
    );
    ledger.count(known === undefined ? 'founded' : 'restored');
    this.#requirePutBack(options.tail, base);
    this.#end(this.#take(base, this.#holder.state.log.slice(-1)));
    return answer;
  }

  override saveSnapshot(options: Term & { snapshot: StoredSnapshot; keepFrom: number }): Known<Saved> {
    const { histories, kept } = this.#watch;
    const keepFrom = Math.max(options.keepFrom, options.snapshot.position.seq - kept);
    const answer = super.saveSnapshot({ ...options, keepFrom });
    const place = histories.at(options.snapshot.position);
    if (answer.kind === 'ok' && place !== undefined) this.#requireState(place, options.snapshot);
    return answer;
  }

  override post(options: PostOptions): Known<Posted> {
    const answer = super.post(options);
    const { inbox, answers } = this.#holder.state;
    const isBounded = inbox.entries.length <= MAX_INBOX && answers.entries.length <= MAX_ANSWERS;
    this.#watch.ledger.require(isBounded, 'queues-are-bounded', `${inbox.entries.length} writes wait`);
    return answer;
  }

  #take(before: Place, entries: readonly LogEntry[]): Place {
    const { ledger, histories, writes } = this.#watch;
    let last = before;
    for (const entry of entries) {
      const { position, text } = entry;
      ledger.require(position.seq === last.seq + 1, 'log-gapless', `${position.seq} after ${last.seq}`);
      const known = histories.at(position);
      const isSame = known === undefined || (known.text === text && known.before === last);
      ledger.require(isSame, 'positions-name-one-content', keyOf(position));
      last = known ?? histories.add(last, entry);
      this.#requireOnce(last);
      ledger.count(last.event?.type ?? '');
      writes.stored(last);
    }
    return last;
  }

  /** What a leader puts back is what led to its state. */
  #requirePutBack(tail: readonly LogEntry[], end: Place): void {
    const { ledger, histories } = this.#watch;
    let last: Place | null = end;
    for (const { position, text } of tail.toReversed()) {
      const isSame = last !== null && histories.at(position) === last && last.text === text;
      ledger.require(isSame, 'restores-put-back-what-was', keyOf(position));
      ledger.count('events put back');
      last = last?.before ?? null;
    }
  }

  /** What happened to a worker is in no history twice. */
  #requireOnce(place: Place): void {
    const told = incidentAt(place);
    if (told === null) return;
    for (let one = place.before; one !== null; one = one.before) {
      const isNew = incidentAt(one) !== told;
      this.#watch.ledger.require(isNew, 'incidents-are-told-once', `${told} at ${keyOf(place)}`);
    }
  }

  #end(head: Place): void {
    head.isEnd = true;
    this.#watch.ended(this.#holder, head);
  }

  #requireWriter({ id, epoch }: Term): void {
    const { ledger, writers } = this.#watch;
    const { lease } = this.#holder.state;
    const isLeased =
      lease !== null && lease.id === id && lease.epoch === epoch && lease.until > this.#holder.now();
    ledger.require(isLeased, 'only-the-leader-writes', `${id} in epoch ${epoch}`);
    const writer = writers.get(epoch) ?? id;
    ledger.require(writer === id, 'one-writer-per-epoch', `${writer} and ${id} in ${epoch}`);
    writers.set(epoch, writer);
  }

  #requireState(place: Place, snapshot: StoredSnapshot): void {
    const fleet = readSnapshot(snapshot);
    const isFold = fleet.ok && sameValue(fleet.value, fleetAt(place));
    this.#watch.ledger.require(isFold, 'state-is-the-fold', `snapshot at ${keyOf(place)}`);
  }

  #takeAnswers(answers: readonly AnswerEntry[]): void {
    const { ledger, carriedOut } = this.#watch;
    for (const { nonce, text } of answers) {
      const answer = readAnswer(text);
      if (!answer.ok || answer.value.kind !== 'accepted') continue;
      const place = keyOf(answer.value);
      const known = carriedOut.get(nonce) ?? place;
      ledger.require(known === place, 'writes-are-done-once', `${nonce} at ${known} and ${place}`);
      carriedOut.set(nonce, place);
    }
  }
}

/** Names the incident that an event tells; `null`: it tells none. */
function incidentAt({ event }: Place): string | null {
  if (event?.type !== 'HostWorkerExited') return null;
  const { host, pid, n } = event.data;
  return `${n} of process ${pid} of ${host}`;
}
