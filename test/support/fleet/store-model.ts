/**
 * The store of a fleet as a pure, synchronous model: what each script of `scripts.ts` does, on plain values, at a time that is
 * given. `model-fleet-store.ts` puts a faulty network before it. The differential test holds it equal to Redis.
 *
 * It can be broken on purpose (`StoreFlaw`), to see that the tests find it.
 */
import { assert } from '../../../shared/assert.js';
import {
  MAX_ANSWERS,
  MAX_INBOX,
  MAX_LEFT,
  type Acquired,
  type AnswerEntry,
  type AppendOptions,
  type Bell,
  type Appended,
  type Beaten,
  type BeatOptions,
  type Candidate,
  type Fenced,
  type Head,
  type HostEntry,
  type InboxEntry,
  type Lease,
  type LogEntry,
  type Posted,
  type PostOptions,
  type Renewed,
  type Restored,
  type RestoreOptions,
  type Saved,
  type StoredAnswer,
  type StoredSnapshot,
  type Term,
  type Unavailable,
} from '../../../control-plane/fleet/fleet-store.js';
import {
  added,
  compareIds,
  EMPTY_STREAM,
  entriesAfter,
  isAfter,
  samePosition,
  type StoreState,
} from './store-state.js';

/** What a store does that is broken. */
export type StoreFlaw =
  | 'append-without-lease'
  | 'append-compares-no-command'
  | 'append-in-spite-of-deadline'
  | 'restore-keeps-inbox'
  | 'lease-kept-gives-no-new-epoch'
  | 'lease-from-the-future-counts'
  | 'beat-counts-no-hosts'
  | 'beat-forgets-who-left';

/** What an answering store says. */
export type Known<T> = Exclude<T, Unavailable>;

/** Where the state is kept, which time it is there, and who hears the bells. */
export interface StoreHolder {
  now(): number;
  state: StoreState;
  ring(bell: Bell): void;
}

/** A beat from the future is one from before the clock went back. */
export const CLOCK_TOLERANCE_MS = 1_000;

export class StoreModel {
  readonly #holder: StoreHolder;
  readonly #flaws: ReadonlySet<StoreFlaw>;

  constructor(holder: StoreHolder, flaws: ReadonlySet<StoreFlaw> = new Set()) {
    this.#holder = holder;
    this.#flaws = flaws;
  }

  acquire(options: Candidate & { ttlMs: number; seen: number; step: number }): Known<Acquired> {
    const { id, host, ttlMs, seen, step } = options;
    const { lease, head } = this.#holder.state;
    const time = this.#now();
    const held = this.#lease();
    const isPlausible = held !== null && (held.leftMs <= ttlMs || this.#has('lease-from-the-future-counts'));
    const isLive = held !== null && held.leftMs > 0 && isPlausible;
    if (isLive && held.id !== id) return { kind: 'held', by: held, time };
    const isKept = isLive && this.#has('lease-kept-gives-no-new-epoch');
    const epoch = isKept ? held.epoch : Math.max(lease?.epoch ?? 0, head?.epoch ?? 0, seen) + step;
    this.#change({ lease: { id, host, epoch, until: time + ttlMs } }, 'lead');
    return { kind: 'leads', epoch, time };
  }

  renew({ ttlMs, ...term }: Term & { ttlMs: number }): Known<Renewed> {
    const fenced = this.#fenced(term);
    if (fenced !== null) return fenced;
    const { lease } = this.#holder.state;
    const time = this.#now();
    this.#change({ lease: lease === null ? null : { ...lease, until: time + ttlMs } });
    return { kind: 'ok', time };
  }

  resign(term: Term): void {
    const { lease } = this.#holder.state;
    if (lease?.id === term.id && lease.epoch === term.epoch) {
      this.#change({ lease: { ...lease, until: 0 } }, 'lead');
    }
  }

  append(options: AppendOptions): Known<Appended> {
    const { epoch, expectedSeq, command, inbox, notAfter, events, answers } = options;
    const fenced = this.#fenced(options);
    if (fenced !== null && !this.#has('append-without-lease')) return fenced;
    const { head, log } = this.#holder.state;
    if (head === null) return { kind: 'lost' };
    const isRepeated =
      head.epoch === epoch && head.command >= command && !this.#has('append-compares-no-command');
    if (head.seq !== expectedSeq || head.epoch > epoch || isRepeated) {
      return { kind: 'conflict', head: { epoch: head.epoch, seq: head.seq }, command: head.command };
    }
    if (this.#now() > notAfter && !this.#has('append-in-spite-of-deadline')) return { kind: 'late' };
    assert(
      fenced !== null || head.epoch === epoch || events.length > 0,
      'the first append of a term has no event',
    );
    const seq = head.seq + events.length;
    const entries = events.map((text, index) => ({ position: { epoch, seq: head.seq + 1 + index }, text }));
    // An entry after the end was never shown to anybody: another hand, or a script that broke off, left it.
    const known = log.filter(({ position }) => !isAfter(position, head));
    this.#change(
      {
        log: [...known, ...entries],
        head: { ...head, epoch, seq, command },
        answers: this.#answered(answers),
        inbox: this.#inboxAfter(inbox),
      },
      'log',
    );
    return { kind: 'ok', seq };
  }

  restore(options: RestoreOptions): Known<Restored> {
    const { epoch, head: expected, snapshot, tail, command, event, secret } = options;
    const fenced = this.#fenced(options);
    if (fenced !== null) return fenced;
    const { head, inbox } = this.#holder.state;
    const isSame = head === null ? expected === null : expected !== null && samePosition(head, expected);
    if (!isSame) {
      return { kind: 'present', head: head && { epoch: head.epoch, seq: head.seq } };
    }
    const { position, level } = snapshot;
    const seq = position.seq + 1;
    const keepsInbox = this.#has('restore-keeps-inbox');
    this.#change(
      {
        log: [...tail, { position: { epoch, seq }, text: event }],
        snapshot,
        inbox: keepsInbox ? inbox : EMPTY_STREAM,
        ...(secret === undefined ? {} : { secret }),
        head: {
          epoch,
          seq,
          command,
          first: tail[0]?.position.seq ?? seq,
          base: position,
          snapshot: position.seq,
          level,
        },
      },
      'log',
    );
    return { kind: 'ok', seq };
  }

  saveSnapshot(options: Term & { snapshot: StoredSnapshot; keepFrom: number }): Known<Saved> {
    const fenced = this.#fenced(options);
    if (fenced !== null) return fenced;
    const { head, log } = this.#holder.state;
    const { position } = options.snapshot;
    if (head === null || position.seq <= head.snapshot || position.seq > head.seq) return { kind: 'stale' };
    const first = Math.max(head.first, Math.min(options.keepFrom, position.seq));
    this.#change({
      snapshot: options.snapshot,
      head: { ...head, snapshot: position.seq, first, level: options.snapshot.level },
      log: log.filter((entry) => entry.position.seq >= first),
    });
    return { kind: 'ok' };
  }

  head(): Head | null {
    return this.#holder.state.head;
  }

  snapshot(): StoredSnapshot | null {
    return this.#holder.state.snapshot;
  }

  read({ from, limit }: { from: number; limit: number }): readonly LogEntry[] {
    return this.#holder.state.log.filter(({ position }) => position.seq >= from).slice(0, limit);
  }

  beat({ host, incarnation, number, beat, cold, freshMs, maxHosts }: BeatOptions): Known<Beaten> {
    const { hosts, head, left } = this.#holder.state;
    const time = this.#now();
    const known = hosts.get(host);
    const isLive = ({ heardAt }: { readonly heardAt: number }): boolean =>
      time - heardAt < freshMs && time - heardAt >= -CLOCK_TOLERANCE_MS;
    if (known !== undefined && isLive(known)) {
      if (known.incarnation !== incarnation) return { kind: 'taken', by: known.incarnation };
    } else if ([...hosts.values()].filter(isLive).length >= maxHosts && !this.#has('beat-counts-no-hosts')) {
      return { kind: 'full' };
    }
    const isNew = known?.incarnation !== incarnation;
    const hasLeft = left.includes(incarnation) && !this.#has('beat-forgets-who-left');
    if ((isNew || number > known.number) && !hasLeft) {
      const entry = { heardAt: time, incarnation, number, beat, cold: cold ?? (isNew ? '' : known.cold) };
      const isNews = cold !== null || isNew;
      this.#change({ hosts: new Map([...hosts, [host, entry]]) }, isNews ? 'hosts' : undefined);
    }
    return {
      kind: 'ok',
      time,
      connection: 0,
      previous: isNew ? 0 : known.number,
      lease: this.#lease(),
      head,
    };
  }

  leave(host: string, incarnation: string): void {
    const { hosts, left } = this.#holder.state;
    const others = left.filter((one) => one !== incarnation);
    const next = { left: [...others, incarnation].slice(-MAX_LEFT) };
    if (hosts.get(host)?.incarnation === incarnation) this.#forget(host, next);
    else this.#change(next);
  }

  /** In the order of the names. */
  hosts(): readonly HostEntry[] {
    const { hosts } = this.#holder.state;
    return [...hosts]
      .map(([host, { heardAt, incarnation, beat, cold }]) => ({ host, heardAt, incarnation, beat, cold }))
      .sort((a, b) => (a.host < b.host ? -1 : 1));
  }

  forgetHost({ host, heardAt, ...term }: Term & { host: string; heardAt: number }): void {
    const entry = this.#holder.state.hosts.get(host);
    if (this.#fenced(term) === null && entry !== undefined && entry.heardAt <= heardAt) this.#forget(host);
  }

  post({ nonce, ttlMs, text }: PostOptions): Known<Posted> {
    const { inbox } = this.#holder.state;
    const lease = this.#lease();
    if (lease === null || lease.leftMs <= 0) return { kind: 'leaderless' };
    if (inbox.entries.length >= MAX_INBOX) return { kind: 'full' };
    const now = this.#now();
    const next = added(inbox, { nonce, epoch: lease.epoch, until: now + ttlMs, text }, now);
    this.#change({ inbox: next }, 'inbox');
    return { kind: 'ok', id: next.lastId, epoch: lease.epoch };
  }

  inbox({ after, limit }: { after: string; limit: number }): readonly InboxEntry[] {
    return entriesAfter(this.#holder.state.inbox, after, limit);
  }

  answers({ after, limit }: { after: string; limit: number }): readonly StoredAnswer[] {
    return entriesAfter(this.#holder.state.answers, after, limit);
  }

  shareSecret(secret: string): string {
    this.#change({ secret: this.#holder.state.secret ?? secret });
    return this.#holder.state.secret ?? secret;
  }

  #now(): number {
    return this.#holder.now();
  }

  #has(flaw: StoreFlaw): boolean {
    return this.#flaws.has(flaw);
  }

  #change(part: Partial<StoreState>, bell?: Bell): void {
    this.#holder.state = { ...this.#holder.state, ...part };
    if (bell !== undefined) this.#holder.ring(bell);
  }

  #lease(): Lease | null {
    const { lease } = this.#holder.state;
    if (lease === null) return null;
    const { id, host, epoch, until } = lease;
    return { id, host, epoch, leftMs: until - this.#now() };
  }

  #fenced({ id, epoch }: Term): Fenced | null {
    const lease = this.#lease();
    if (lease === null || lease.leftMs <= 0) return { kind: 'fenced', by: null };
    return lease.id === id && lease.epoch === epoch ? null : { kind: 'fenced', by: lease.id };
  }

  #answered(answers: readonly AnswerEntry[]): StoreState['answers'] {
    const now = this.#now();
    const { entries, lastId } = answers.reduce(
      (stream, one) => added(stream, one, now),
      this.#holder.state.answers,
    );
    return { entries: entries.slice(-MAX_ANSWERS), lastId };
  }

  #inboxAfter(cursor: string): StoreState['inbox'] {
    const { entries, lastId } = this.#holder.state.inbox;
    return { entries: entries.filter(({ id }) => compareIds(id, cursor) > 0), lastId };
  }

  #forget(host: string, more: Partial<StoreState> = {}): void {
    const others = [...this.#holder.state.hosts].filter(([name]) => name !== host);
    this.#change({ ...more, hosts: new Map(others) }, 'hosts');
  }
}
