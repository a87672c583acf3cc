/** The store of a fleet as hosts see it (`FleetStore`), made of the model behind a network that may fail. */
import type {
  Acquired,
  AppendOptions,
  Appended,
  Beaten,
  BeatOptions,
  Bell,
  Candidate,
  Done,
  FleetStore,
  Found,
  Head,
  HostEntry,
  InboxEntry,
  LogEntry,
  Posted,
  PostOptions,
  Renewed,
  Restored,
  RestoreOptions,
  Saved,
  StoredAnswer,
  StoredSnapshot,
  Term,
  Unavailable,
} from '../../../control-plane/fleet/fleet-store.js';
import type { StoreModel } from './store-model.js';
import type { StoreLink, StoreNetwork } from './store-network.js';

export class ModelFleetStore implements FleetStore {
  /** To cut it, and to see what it leads to. */
  readonly link: StoreLink;
  readonly refusal = null;
  readonly #network: StoreNetwork;
  readonly #deliver: (arrived: () => void) => void;
  readonly #listeners = new Set<(bell: Bell | null) => void>();

  /** @param deliver hands over to the process what arrives for it: at once, or when it can take it */
  constructor(network: StoreNetwork, deliver: (arrived: () => void) => void = (arrived) => arrived()) {
    this.#network = network;
    this.#deliver = deliver;
    this.link = network.link();
    this.link.onBell = (bell) => {
      deliver(() => {
        for (const listener of this.#listeners) listener(bell);
      });
    };
  }

  acquire(options: Candidate & { ttlMs: number; seen: number; step: number }): Promise<Acquired> {
    return this.#ask((store) => store.acquire(options));
  }

  renew(options: Term & { ttlMs: number }): Promise<Renewed> {
    return this.#ask((store) => store.renew(options));
  }

  resign(term: Term): Promise<Done> {
    return this.#tell((store) => store.resign(term));
  }

  append(options: AppendOptions): Promise<Appended> {
    return this.#ask((store) => store.append(options));
  }

  restore(options: RestoreOptions): Promise<Restored> {
    return this.#ask((store) => store.restore(options));
  }

  saveSnapshot(options: Term & { snapshot: StoredSnapshot; keepFrom: number }): Promise<Saved> {
    return this.#ask((store) => store.saveSnapshot(options));
  }

  head(): Promise<Found<Head | null>> {
    return this.#find((store) => store.head());
  }

  snapshot(): Promise<Found<StoredSnapshot | null>> {
    return this.#find((store) => store.snapshot());
  }

  read(options: { from: number; limit: number }): Promise<Found<readonly LogEntry[]>> {
    return this.#find((store) => store.read(options));
  }

  beat(options: BeatOptions): Promise<Beaten> {
    const { connection } = this.link;
    return this.#ask((store) => {
      const answer = store.beat(options);
      return answer.kind === 'ok' ? { ...answer, connection } : answer;
    });
  }

  leave(host: string, incarnation: string): Promise<Done> {
    return this.#tell((store) => store.leave(host, incarnation));
  }

  hosts(): Promise<Found<readonly HostEntry[]>> {
    return this.#find((store) => store.hosts());
  }

  forgetHost(options: Term & { host: string; heardAt: number }): Promise<Done> {
    return this.#tell((store) => store.forgetHost(options));
  }

  post(options: PostOptions): Promise<Posted> {
    return this.#ask((store) => store.post(options));
  }

  inbox(options: { after: string; limit: number }): Promise<Found<readonly InboxEntry[]>> {
    return this.#find((store) => store.inbox(options));
  }

  answers(options: { after: string; limit: number }): Promise<Found<readonly StoredAnswer[]>> {
    return this.#find((store) => store.answers(options));
  }

  shareSecret(secret: string): Promise<Found<string>> {
    return this.#find((store) => store.shareSecret(secret));
  }

  onBell(listener: (bell: Bell | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#network.remove(this.link);
    this.#listeners.clear();
    return Promise.resolve();
  }

  #ask<T>(run: (store: StoreModel) => T): Promise<T | Unavailable> {
    const { promise, resolve } = Promise.withResolvers<T | Unavailable>();
    this.link.call(run, (answer) => this.#deliver(() => resolve(answer)));
    return promise;
  }

  #find<T>(run: (store: StoreModel) => T): Promise<Found<T>> {
    return this.#ask((store): { readonly kind: 'ok'; readonly value: T } => ({
      kind: 'ok',
      value: run(store),
    }));
  }

  #tell(run: (store: StoreModel) => void): Promise<Done> {
    return this.#ask((store): { readonly kind: 'ok' } => {
      run(store);
      return { kind: 'ok' };
    });
  }
}
