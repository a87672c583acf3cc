/** Rules of a fleet, each switched off: by the store, or by what a host is made to see of it. The laws have to notice every one. */
import type { ControlLoop } from '../../../control-plane/runtime/control-loop.js';
import {
  type Appended,
  type AppendOptions,
  type Beaten,
  type BeatOptions,
  type Candidate,
  type FleetStore,
  type Head,
  type LogEntry,
  NO_ENTRY,
  type RestoreOptions,
} from '../../../control-plane/fleet/fleet-store.js';
import type { Flaw } from './fleet-world.js';
import { SeenStore, type SeenStoreDeps } from './seen-store.js';

/** It hears where the log ends only when a bell made it look. */
class FollowsBellsOnly extends SeenStore {
  #head: Head | null = null;

  override async head() {
    const found = await super.head();
    if (found.kind === 'ok') this.#head = found.value;
    return found;
  }

  override async beat(options: BeatOptions): Promise<Beaten> {
    const answer = await super.beat(options);
    return answer.kind === 'ok' ? { ...answer, head: this.#head } : answer;
  }
}

/** Every history seems to go on from where it stands. */
class TakesAnyHistory extends SeenStore {
  readonly #loop: ControlLoop;

  constructor(store: FleetStore, deps: SeenStoreDeps, loop: ControlLoop) {
    super(store, deps);
    this.#loop = loop;
  }

  override async head() {
    const found = await super.head();
    const own = this.#loop.world.state.fleet;
    if (found.kind !== 'ok' || found.value === null || own === null) return found;
    return own.seq < found.value.seq ? { ...found, value: { ...found.value, base: own } } : found;
  }

  override async read(options: { from: number; limit: number }) {
    const found = await super.read(options);
    const own = this.#loop.world.state.fleet?.seq ?? 0;
    return found.kind === 'ok'
      ? { ...found, value: found.value.filter(({ position }) => position.seq > own) }
      : found;
  }
}

/** Epochs rise by one. */
class StepsByOne extends SeenStore {
  override acquire(options: Candidate & { ttlMs: number; seen: number; step: number }) {
    return super.acquire({ ...options, step: 1 });
  }
}

/** Any log that ends before its own past seems to be a part of it. */
class RestoresOverAnything extends SeenStore {
  readonly #loop: ControlLoop;

  constructor(store: FleetStore, deps: SeenStoreDeps, loop: ControlLoop) {
    super(store, deps);
    this.#loop = loop;
  }

  override async head() {
    const found = await super.head();
    return found.kind === 'ok' ? { ...found, value: this.#own(found.value) } : found;
  }

  override async beat(options: BeatOptions): Promise<Beaten> {
    const answer = await super.beat(options);
    return answer.kind === 'ok' ? { ...answer, head: this.#own(answer.head) } : answer;
  }

  override async restore(options: RestoreOptions) {
    const found = await this.store.head();
    return super.restore(found.kind === 'ok' ? { ...options, head: found.value } : options);
  }

  #own(head: Head | null): Head | null {
    const own = this.#loop.world.state.fleet;
    if (head === null || own === null || own.seq <= head.seq) return head;
    return { ...head, epoch: own.terms.findLast(({ first }) => first <= head.seq)?.epoch ?? head.epoch };
  }
}

/** Every write in the inbox seems to be addressed to the own term. */
class TakesWritesOfAllTerms extends SeenStore {
  #epoch = 0;

  override async acquire(options: Candidate & { ttlMs: number; seen: number; step: number }) {
    const answer = await super.acquire(options);
    if (answer.kind === 'leads') this.#epoch = answer.epoch;
    return answer;
  }

  override async inbox(options: { after: string; limit: number }) {
    const found = await super.inbox(options);
    const value = found.kind === 'ok' ? found.value.map((entry) => ({ ...entry, epoch: this.#epoch })) : [];
    return found.kind === 'ok' ? { ...found, value } : found;
  }
}

/**
 * Where the store lost what this term appended, it is appended again, and the term goes on. A batch that was under way is decided
 * anew, though it may stand in a lost history.
 */
class AppendsItsTailAgain extends SeenStore {
  #tail: LogEntry[] = [];
  #epoch = 0;

  override async append(options: AppendOptions): Promise<Appended> {
    if (options.epoch !== this.#epoch) this.#tail = [];
    this.#epoch = options.epoch;
    const answer = await super.append(options);
    if (answer.kind === 'ok') this.#remember(options);
    if (answer.kind !== 'conflict' && answer.kind !== 'unavailable') return answer;
    const found = await this.head();
    const seq = found.kind === 'ok' ? found.value?.seq : undefined;
    const lost = this.#tail.filter(({ position }) => seq !== undefined && position.seq > seq);
    if (seq === undefined || lost[0]?.position.seq !== seq + 1) return answer;
    const again = {
      ...options,
      expectedSeq: seq,
      command: options.command - 1,
      answers: [],
      inbox: NO_ENTRY,
    };
    await super.append({ ...again, events: lost.map(({ text }) => text) });
    return { kind: 'late' };
  }

  #remember({ epoch, expectedSeq, events }: AppendOptions): void {
    events.forEach((text, index) => {
      this.#tail.push({ position: { epoch, seq: expectedSeq + 1 + index }, text });
    });
  }
}

/** An append without an answer counts as one that did nothing. */
class ForgetsWhatIsUnderWay extends SeenStore {
  override async append(options: AppendOptions): Promise<Appended> {
    const answer = await super.append(options);
    return answer.kind === 'unavailable' ? { kind: 'late' } : answer;
  }
}

/** Leads as soon as it has the lease, though others may know more. */
class LooksAtNobody extends SeenStore {
  override async hosts() {
    const found = await super.hosts();
    return found.kind === 'ok' ? { ...found, value: [] } : found;
  }
}

function sees(Seen: new (store: FleetStore, deps: SeenStoreDeps, loop: ControlLoop) => SeenStore): Flaw {
  return { seeStore: (store, deps, loop) => new Seen(store, deps, loop) };
}

/** Each with the first seed that showed it; after a change of the plan it is another one. */
export const FLAWS: Readonly<Record<string, { readonly flaw: Flaw; readonly seed: number }>> = {
  'an append is taken without the lease': { flaw: { store: 'append-without-lease' }, seed: 1 },
  'an inbox has no terms': { flaw: sees(TakesWritesOfAllTerms), seed: 657 },
  'a lease can be evicted': { flaw: { evictsLease: true }, seed: 23 },
  'a lease from the future counts': { flaw: { store: 'lease-from-the-future-counts' }, seed: 41 },
  'a lease asked for again keeps its epoch': { flaw: { store: 'lease-kept-gives-no-new-epoch' }, seed: 29 },
  'epochs rise by one': { flaw: sees(StepsByOne), seed: 8 },
  'a host follows bells only': { flaw: sees(FollowsBellsOnly), seed: 1 },
  'a host takes any history for its own': { flaw: sees(TakesAnyHistory), seed: 97 },
  'a history is put back over any other': { flaw: sees(RestoresOverAnything), seed: 34 },
  'a tail that was lost is appended again': { flaw: sees(AppendsItsTailAgain), seed: 200 },
  'an append without an answer counts as none': { flaw: sees(ForgetsWhatIsUnderWay), seed: 10 },
  'a candidate looks at nobody': { flaw: sees(LooksAtNobody), seed: 641 },
};
