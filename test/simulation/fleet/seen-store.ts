/** The store as one host of a simulation sees it: the same, but whoever watches is told of what it answers. Broken variants lie here. */
import type {
  AppendOptions,
  BeatOptions,
  Bell,
  Candidate,
  FleetStore,
  PostOptions,
  RestoreOptions,
  StoredSnapshot,
  Term,
} from '../../../control-plane/fleet/fleet-store.js';

export interface SeenStoreDeps {
  readonly now: () => number;
  /** A call was not answered. */
  readonly unanswered: () => void;
  /** The host knows that it has the lease, because of something that it sent then. */
  readonly leads: (id: string, sentAt: number) => void;
}

export class SeenStore implements FleetStore {
  protected readonly store: FleetStore;
  readonly #deps: SeenStoreDeps;

  constructor(store: FleetStore, deps: SeenStoreDeps) {
    this.store = store;
    this.#deps = deps;
  }

  get refusal(): string | null {
    return this.store.refusal;
  }

  async acquire(options: Candidate & { ttlMs: number; seen: number; step: number }) {
    const sentAt = this.#deps.now();
    const answer = await this.#watched(this.store.acquire(options));
    if (answer.kind === 'leads') this.#deps.leads(options.id, sentAt);
    return answer;
  }

  async renew(options: Term & { ttlMs: number }) {
    const sentAt = this.#deps.now();
    const answer = await this.#watched(this.store.renew(options));
    if (answer.kind === 'ok') this.#deps.leads(options.id, sentAt);
    return answer;
  }

  resign(term: Term) {
    return this.#watched(this.store.resign(term));
  }

  append(options: AppendOptions) {
    return this.#watched(this.store.append(options));
  }

  restore(options: RestoreOptions) {
    return this.#watched(this.store.restore(options));
  }

  saveSnapshot(options: Term & { snapshot: StoredSnapshot; keepFrom: number }) {
    return this.#watched(this.store.saveSnapshot(options));
  }

  head() {
    return this.#watched(this.store.head());
  }

  snapshot() {
    return this.#watched(this.store.snapshot());
  }

  read(options: { from: number; limit: number }) {
    return this.#watched(this.store.read(options));
  }

  beat(options: BeatOptions) {
    return this.#watched(this.store.beat(options));
  }

  leave(host: string, incarnation: string) {
    return this.store.leave(host, incarnation);
  }

  hosts() {
    return this.#watched(this.store.hosts());
  }

  forgetHost(options: Term & { host: string; heardAt: number }) {
    return this.store.forgetHost(options);
  }

  post(options: PostOptions) {
    return this.store.post(options);
  }

  inbox(options: { after: string; limit: number }) {
    return this.store.inbox(options);
  }

  answers(options: { after: string; limit: number }) {
    return this.store.answers(options);
  }

  shareSecret(secret: string) {
    return this.store.shareSecret(secret);
  }

  onBell(listener: (bell: Bell | null) => void) {
    return this.store.onBell(listener);
  }

  close() {
    return this.store.close();
  }

  async #watched<T extends { readonly kind: string }>(answer: Promise<T>): Promise<T> {
    const given = await answer;
    if (given.kind === 'unavailable') this.#deps.unanswered();
    return given;
  }
}
