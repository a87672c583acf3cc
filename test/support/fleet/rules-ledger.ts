/**
 * What must never happen between a store and its hosts, whatever gets lost: watched from outside, with a memory that no
 * server and no host has. Every event that was ever stored is known here, in lost histories too.
 */
import {
  MAX_INBOX,
  type AnswerEntry,
  type Appended,
  type AppendOptions,
  type Beaten,
  type BeatOptions,
  type FleetPosition,
  type LogEntry,
  type Restored,
  type RestoreOptions,
  type Saved,
  type StoredSnapshot,
  type Term,
} from '../../../control-plane/fleet/fleet-store.js';
import {
  CLOCK_TOLERANCE_MS,
  StoreModel,
  type Known,
  type StoreFlaw,
  type StoreHolder,
} from './store-model.js';

/** An event as its leader made it. Its text in the log is its number. */
export interface MadeEvent {
  readonly text: string;
  readonly at: number;
  /** The write that it carries out. */
  readonly nonce: string | null;
  /** The write came through the inbox, and is void after this time by the store's clock. */
  readonly until: number;
}

/** An event where it was stored. */
export interface KnownEntry extends FleetPosition {
  readonly text: string;
}

interface StoredEvent {
  readonly text: string;
  /** The event before it; `null`: a history began with it. */
  readonly before: string | null;
}

export class RuleViolation extends Error {}

export class RulesLedger {
  /** Writes that were lost because a server failed. What was stored before one of them need not be there any more. */
  losses = 0;
  readonly made = new Map<string, MadeEvent>();
  readonly #stored = new Map<string, StoredEvent>();
  /** Positions at which a batch ended. */
  readonly #ends = new Set<string>();
  readonly #writers = new Map<number, string>();
  readonly #positionsOf = new Map<string, string[]>();
  /** By nonce: how many losses there had been when the write was stored. */
  readonly #storedAfter = new Map<string, number>();
  /** By nonce: where the log ended when its answer was stored. */
  readonly #answeredAt = new Map<string, FleetPosition>();
  /** By nonce: what the one who posted a write was told. */
  readonly #told = new Map<string, string>();

  /** Called once, when the next append with a deadline is stored and nobody knows of it yet. */
  onAppend: (() => void) | null = null;
  /** Called once, when somebody was told that a write is not carried out. */
  onRefused: ((nonce: string) => void) | null = null;
  /** Called once, when a host is about to look who else may stand for election. */
  onLook: (() => void) | null = null;

  /** Whether this server is the one that hosts are led to. */
  isPresent: (holder: StoreHolder) => boolean = () => true;

  violated(law: string): never {
    throw new RuleViolation(law);
  }

  /** @param server the one that told it. What one tells that was replaced is lost with it. */
  wasTold(nonce: string, answer: string, server: StoreHolder): void {
    if (answer === 'accepted' && !this.#positionsOf.has(nonce)) {
      this.violated('a write that was told "accepted" was never stored');
    }
    if (!this.isPresent(server)) return;
    this.#told.set(nonce, answer);
    this.checkRefused(server.state.head);
    if (answer === 'accepted') return;
    const { onRefused } = this;
    this.onRefused = null;
    onRefused?.(nonce);
  }

  answered(answers: readonly AnswerEntry[], head: FleetPosition): void {
    for (const { nonce } of answers) this.#answeredAt.set(nonce, head);
  }

  /**
   * No history that is in force has a write of which somebody was told in this history that it is not carried out. What was
   * told in one that is lost is lost with it.
   */
  checkRefused(head: FleetPosition | null): void {
    if (head === null) return;
    for (const [nonce, answer] of this.#told) {
      const at = this.#answeredAt.get(nonce);
      if (answer === 'accepted' || at === undefined || this.#inHistory(nonce, head) === 0) continue;
      if (this.leadsTo(at, head)) {
        this.violated(`a write that was told "${answer}" is carried out`);
      }
    }
  }

  isAcknowledged(nonce: string | null): boolean {
    return nonce !== null && this.#told.get(nonce) === 'accepted';
  }

  stored(
    holder: StoreHolder,
    { id, epoch }: Term,
    after: FleetPosition | null,
    texts: readonly string[],
  ): void {
    const writer = this.#writers.get(epoch) ?? id;
    if (writer !== id) this.violated('two write in one epoch');
    this.#writers.set(epoch, id);
    let seq = after?.seq ?? 0;
    let before = after === null ? null : keyOf(after);
    for (const text of texts) {
      seq += 1;
      const key = keyOf({ epoch, seq });
      const known = this.#stored.get(key);
      if (known !== undefined && (known.text !== text || known.before !== before)) {
        this.violated('one position has two contents');
      }
      this.#stored.set(key, { text, before });
      this.#carriedOut(holder, text, key);
      before = key;
    }
    this.#ends.add(keyOf({ epoch, seq }));
  }

  /** Whether the one is in the history of the other, or is the other. */
  leadsTo(one: FleetPosition, other: FleetPosition): boolean {
    const key = keyOf(one);
    for (let at: string | null = keyOf(other); at !== null; at = this.#stored.get(at)?.before ?? null) {
      if (at === key) return true;
    }
    return false;
  }

  /** What a host knows after `known` entries is what was stored, up to where a batch ended. */
  checkFollowed(entries: readonly KnownEntry[], known: number): void {
    for (let index = known; index < entries.length; index += 1) {
      const entry = entries[index];
      const before = entries[index - 1];
      if (entry === undefined) continue;
      const stored = this.#stored.get(keyOf(entry));
      if (stored?.text !== entry.text) this.violated('a host knows an event that was never stored there');
      if (before !== undefined && stored?.before !== keyOf(before)) {
        this.violated('a host knows events in an order that no log ever had');
      }
    }
    const last = entries.at(-1);
    if (last !== undefined && !this.#ends.has(keyOf(last))) this.violated('a host shows a part of a batch');
  }

  /** What a leader puts back is what was stored there, one after the other, up to where its state stands. */
  checkPutBack(tail: readonly LogEntry[], end: FleetPosition): void {
    const keys = [...tail.map(({ position }) => keyOf(position)), keyOf(end)];
    tail.forEach(({ text }, index) => {
      const key = keys[index] ?? '';
      const next = keys[index + 1] ?? '';
      if (this.#stored.get(key)?.text !== text) this.violated('an event is put back that was never stored');
      if (key !== next && this.#stored.get(next)?.before !== key) {
        this.violated('events are put back that never followed each other');
      }
    });
    const last = keys.at(-2);
    if (last !== undefined && last !== keyOf(end)) this.violated('events are put back up to elsewhere');
  }

  /** A host gives up what it knows only for a history that went on without it. */
  checkAdopted(before: FleetPosition, after: FleetPosition): void {
    if (after.seq < before.seq && this.leadsTo(after, before)) {
      this.violated('a host gives up what it knows though the log did not leave its past');
    }
  }

  /** While nothing is lost, the log has what people were told it has. */
  checkAcknowledged(holder: StoreHolder): void {
    const { head } = holder.state;
    for (const [nonce, answer] of this.#told) {
      if (answer !== 'accepted' || this.#storedAfter.get(nonce) !== this.losses) continue;
      const isThere = head !== null && this.#inHistory(nonce, head) > 0;
      if (!isThere) this.violated('an acknowledged write is gone though no server lost anything');
    }
  }

  checkOnce(nonce: string, head: FleetPosition): void {
    if (this.#inHistory(nonce, head) > 1) this.violated('a write is carried out twice');
  }

  #inHistory(nonce: string, head: FleetPosition): number {
    const positions = this.#positionsOf.get(nonce) ?? [];
    return positions.filter((key) => this.leadsTo(positionOf(key), head)).length;
  }

  #carriedOut(holder: StoreHolder, text: string, key: string): void {
    const event = this.made.get(text);
    if (event === undefined || event.nonce === null) return;
    if (holder.now() > event.until) this.violated('a write is carried out after its deadline');
    this.#storedAfter.set(event.nonce, this.isPresent(holder) ? this.losses : -1);
    const positions = this.#positionsOf.get(event.nonce) ?? [];
    if (!positions.includes(key)) this.#positionsOf.set(event.nonce, [...positions, key]);
  }
}

/** The model of the store with the ledger behind it: it sees each call when it is carried out, late ones too. */
export class WatchedStore extends StoreModel {
  readonly #ledger: RulesLedger;
  readonly #holder: StoreHolder;

  constructor(ledger: RulesLedger, holder: StoreHolder, flaws: ReadonlySet<StoreFlaw>) {
    super(holder, flaws);
    this.#ledger = ledger;
    this.#holder = holder;
  }

  override beat(options: BeatOptions): Known<Beaten> {
    const { hosts } = this.#holder.state;
    const before = hosts.get(options.host);
    const time = this.#holder.now();
    const isLive = (heardAt: number): boolean =>
      time - heardAt < options.freshMs && time - heardAt >= -CLOCK_TOLERANCE_MS;
    const answer = super.beat(options);
    const isNew = answer.kind === 'ok' && !(before !== undefined && isLive(before.heardAt));
    const live = [...this.#holder.state.hosts.values()].filter(({ heardAt }) => isLive(heardAt)).length;
    if (isNew && live > options.maxHosts) this.#ledger.violated('a fleet has more hosts than it may');
    const after = this.#holder.state;
    const isThere = after.left.includes(after.hosts.get(options.host)?.incarnation ?? '');
    if (isThere) this.#ledger.violated('a host that left is there');
    return answer;
  }

  override append(options: AppendOptions): Known<Appended> {
    const ledger = this.#ledger;
    const { head, lease } = this.#holder.state;
    const answer = super.append(options);
    if (answer.kind !== 'ok') return answer;
    if (lease?.id !== options.id || lease.epoch !== options.epoch) {
      ledger.violated('somebody appends who does not lead');
    }
    if (head === null || options.epoch < head.epoch) ledger.violated('an append goes back in epochs');
    if (head !== null && head.epoch === options.epoch && options.command <= head.command) {
      ledger.violated('a batch is appended twice');
    }
    ledger.stored(this.#holder, options, head, options.events);
    if (this.#holder.state.head !== null) ledger.answered(options.answers, this.#holder.state.head);
    if (options.notAfter !== Infinity) {
      const { onAppend } = ledger;
      ledger.onAppend = null;
      onAppend?.();
    }
    const isNews = options.events.length > 0 && ledger.isPresent(this.#holder);
    if (isNews) ledger.checkRefused(this.#holder.state.head);
    for (const text of options.events) {
      const nonce = ledger.made.get(text)?.nonce ?? null;
      if (nonce !== null && this.#holder.state.head !== null) {
        ledger.checkOnce(nonce, this.#holder.state.head);
      }
    }
    return answer;
  }

  override restore(options: RestoreOptions): Known<Restored> {
    const ledger = this.#ledger;
    const { head } = this.#holder.state;
    const answer = super.restore(options);
    if (answer.kind !== 'ok') return answer;
    if (head !== null && !ledger.leadsTo(head, options.snapshot.position)) {
      ledger.violated('a history is replaced by one that does not go on from it');
    }
    ledger.checkPutBack(options.tail, options.snapshot.position);
    ledger.stored(this.#holder, options, options.snapshot.position, [options.event]);
    if (ledger.isPresent(this.#holder)) ledger.checkRefused(this.#holder.state.head);
    return answer;
  }

  override saveSnapshot(options: Term & { snapshot: StoredSnapshot; keepFrom: number }): Known<Saved> {
    const answer = super.saveSnapshot(options);
    const { head } = this.#holder.state;
    if (answer.kind === 'ok' && head !== null && !this.#ledger.leadsTo(options.snapshot.position, head)) {
      this.#ledger.violated('a snapshot is stored that the log does not go on from');
    }
    return answer;
  }

  override post(options: Parameters<StoreModel['post']>[0]): ReturnType<StoreModel['post']> {
    const answer = super.post(options);
    if (this.#holder.state.inbox.entries.length > MAX_INBOX) this.#ledger.violated('the inbox has no limit');
    return answer;
  }
}

function keyOf({ seq, epoch }: FleetPosition): string {
  return `${seq}-${epoch}`;
}

function positionOf(key: string): FleetPosition {
  const [seq = NaN, epoch = NaN] = key.split('-').map(Number);
  return { seq, epoch };
}
