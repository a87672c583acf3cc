/**
 * Takes steps (`arbitrary-store-steps.ts`) against any store of a fleet. The same steps give the same answers and the same content,
 * whatever keeps the store.
 */
import { MAX_HOSTS } from '../../../control-plane/domain/fleet-standing.js';
import {
  type FleetPosition,
  type FleetStore,
  type Head,
  type Lease,
  type LogEntry,
} from '../../../control-plane/fleet/fleet-store.js';
import type { StoreStep, TermChoice } from './arbitrary-store-steps.js';

/** A store that is tried, and the hands that reach into it. */
export interface TriedStore {
  readonly store: FleetStore;
  /** Makes everything so much older; negative: its clock goes back. */
  age(ms: number): Promise<void>;
  flush(): Promise<void>;
  /** Takes one of the parts away. */
  remove(part: 'lease' | 'head' | 'log' | 'snapshot'): Promise<void>;
  /** Writes an entry into the log, if it takes one there; and takes it away again. */
  stray(position: FleetPosition, isRemoved: boolean): Promise<void>;
  /** Everything that is in it, times and ids in a form that can be compared. */
  content(): Promise<unknown>;
  now(): number;
}

/** Long against what a run takes, and such that no sum of ages falls on a limit. */
const TTL_MS = 10_500_000;
const FRESH_MS = 5_250_000;
const PROCESSES = [
  { id: 'a.1', host: 'a' },
  { id: 'a.2', host: 'a' },
  { id: 'b.1', host: 'b' },
] as const;

/** What one store holds, as far as steps are made of it. */
interface Sight {
  readonly lease: Lease | null;
  readonly head: Head | null;
}

/** Takes steps against one store. Two that have taken the same ones have drawn the same numbers. */
export class StoreStepper {
  readonly #tried: TriedStore;
  #count = 0;

  constructor(tried: TriedStore) {
    this.#tried = tried;
  }

  /** Answers what the store answered. */
  async take(step: StoreStep): Promise<unknown> {
    const { store } = this.#tried;
    this.#count += 1;
    const sight = await this.#look();
    const { lease, head } = sight;
    switch (step.kind) {
      case 'acquire':
        return store.acquire({ ...processOf(step.who), ttlMs: TTL_MS, seen: step.seen, step: step.step });
      case 'renew':
        return store.renew({ ...termOf(step.term, lease), ttlMs: TTL_MS });
      case 'resign':
        return store.resign(termOf(step.term, lease));
      case 'append':
        return this.#append(step, sight);
      case 'restore': {
        const position = { epoch: head?.epoch ?? 0, seq: Math.max(0, (head?.seq ?? 5) + step.seq) };
        const compared = head === null ? { epoch: 1, seq: 1 } : { epoch: head.epoch, seq: head.seq };
        return store.restore({
          ...termOf(step.term, lease),
          head:
            step.head === 'none' || (step.head === 'same' && head === null)
              ? null
              : moved(compared, step.head),
          snapshot: this.#snapshot(position),
          tail: this.#tail(position, step.tail),
          command: 1,
          event: this.#text('restored'),
          ...(step.hasSecret ? { secret: this.#text('secret') } : {}),
        });
      }
      case 'saveSnapshot': {
        const position = { epoch: head?.epoch ?? 1, seq: Math.max(0, (head?.seq ?? 5) + step.seq) };
        const keepFrom = Math.max(0, position.seq + step.keepFrom);
        return store.saveSnapshot({
          ...termOf(step.term, lease),
          snapshot: this.#snapshot(position),
          keepFrom,
        });
      }
      case 'read':
        return store.read({
          from: Math.max(head?.first ?? 0, (head?.seq ?? 0) + step.from),
          limit: step.limit,
        });
      case 'beat': {
        const { id, host } = processOf(step.who);
        const cold = step.hasCold ? this.#text('cold') : null;
        const { number, maxHosts } = step;
        return store.beat({
          host,
          incarnation: id,
          number,
          beat: this.#text('beat'),
          cold,
          freshMs: FRESH_MS,
          maxHosts,
        });
      }
      case 'leave':
        return store.leave(processOf(step.who).host, processOf(step.who).id);
      case 'forgetHost': {
        const found = await store.hosts();
        const { host } = processOf(step.who);
        const heardAt =
          found.kind === 'ok' ? (found.value.find((one) => one.host === host)?.heardAt ?? 0) : 0;
        const than = step.heard === 'before' ? heardAt - 1_000_000 : heardAt;
        return store.forgetHost({ ...termOf(step.term, lease), host, heardAt: than });
      }
      case 'post':
        return store.post({ nonce: `n${this.#count}`, ttlMs: TTL_MS, text: this.#text('write') });
      case 'shareSecret':
        return store.shareSecret(this.#text('secret'));
      case 'inbox':
        return store.inbox({ after: await this.#inboxId(step.after), limit: step.limit });
      case 'answers': {
        const all = await store.answers({ after: '0-0', limit: 100 });
        const id = all.kind === 'ok' && step.after > 0 ? all.value[step.after - 1]?.id : undefined;
        return store.answers({ after: id ?? '0-0', limit: step.limit });
      }
      case 'snapshot':
      case 'head':
      case 'hosts':
        return store[step.kind]();
      case 'age':
        return this.#tried.age(step.ms);
      case 'flush':
        return this.#tried.flush();
      case 'remove':
        return this.#tried.remove(step.part);
      case 'stray': {
        const { epoch, seq } = head ?? { epoch: 1, seq: 1 };
        return this.#tried.stray(
          { epoch: Math.max(0, epoch + step.epoch), seq: seq + step.seq },
          step.isRemoved,
        );
      }
    }
  }

  async #append(
    { term: choice, seq, command, inbox, deadline, events, answers }: Extract<StoreStep, { kind: 'append' }>,
    { lease, head }: Sight,
  ): Promise<unknown> {
    const now = this.#tried.now();
    const name = termOf(choice, lease);
    // The first append of a term has an event.
    const most = head?.epoch === name.epoch ? events : Math.max(1, events);
    return this.#tried.store.append({
      ...name,
      expectedSeq: Math.max(0, (head?.seq ?? 0) + seq),
      command: Math.max(0, (head?.command ?? 0) + command),
      inbox: await this.#inboxId(inbox),
      notAfter: deadline === 'none' ? Infinity : deadline === 'past' ? now - TTL_MS : now + TTL_MS,
      events: Array.from({ length: most }, (_, index) => this.#text(`event ${index}`)),
      answers: Array.from({ length: answers }, (_, index) => ({
        nonce: `n${this.#count}.${index}`,
        text: this.#text('answer'),
      })),
    });
  }

  async #look(): Promise<Sight> {
    const head = await this.#tried.store.head();
    // A beat is the only call that shows the lease. It changes only the host that nobody else looks at.
    const usual = { beat: '', cold: null, freshMs: 0, maxHosts: MAX_HOSTS };
    const options = { ...usual, host: 'z', incarnation: 'z.1', number: this.#count };
    const beaten = await this.#tried.store.beat(options);
    return {
      lease: beaten.kind === 'ok' ? beaten.lease : null,
      head: head.kind === 'ok' ? head.value : null,
    };
  }

  /** The id of the nth entry that waits; 0: before all. */
  async #inboxId(place: number): Promise<string> {
    const found = await this.#tried.store.inbox({ after: '0-0', limit: 100 });
    return (found.kind === 'ok' && place > 0 ? found.value[place - 1]?.id : undefined) ?? '0-0';
  }

  #snapshot(position: FleetPosition) {
    return { position, level: 1 + (this.#count % 3), sha256: `sum ${this.#count}`, body: this.#text('body') };
  }

  #tail({ epoch, seq }: FleetPosition, length: number): readonly LogEntry[] {
    const first = Math.max(1, seq - length + 1);
    return Array.from({ length: seq - first + 1 }, (_, index) => {
      return { position: { epoch, seq: first + index }, text: this.#text(`event ${first + index}`) };
    });
  }

  #text(what: string): string {
    return `${what} ${this.#count} \u{1f30a}`;
  }
}

function processOf(place: number): (typeof PROCESSES)[number] {
  return PROCESSES[place % PROCESSES.length] ?? PROCESSES[0];
}

function termOf(choice: TermChoice, lease: Lease | null) {
  const { id, epoch } = lease ?? { id: 'a.1', epoch: 1 };
  return { id: choice === 'other id' ? 'nobody.1' : id, epoch: choice === 'other epoch' ? epoch + 1 : epoch };
}

function moved({ epoch, seq }: FleetPosition, choice: 'same' | 'other'): FleetPosition {
  return choice === 'same' ? { epoch, seq } : { epoch, seq: seq + 1 };
}
