/**
 * The whole system in one process: primaries, workers, backends, clients, a disk and a clock, all driven by one seed. It
 * holds what exists and keeps the laws that need to see all of it; what happens to it is `plan.ts`.
 */
import { initialObservations } from '../../control-plane/domain/observations.js';
import { replay } from '../../control-plane/domain/replay.js';
import { initialState } from '../../control-plane/domain/state.js';
import type { JournalEntry } from '../../control-plane/domain/journal.js';
import { MAILBOX_LIMIT } from '../../control-plane/runtime/mailbox.js';
import type { ConfigDocument } from '../../shared/settings.js';
import { isDeepStrictEqual } from 'node:util';
import { Backends } from './backends.js';
import { Chance } from './chance.js';
import { Disk } from './disk.js';
import { Ledger } from './ledger.js';
import { PrimaryProcess } from './primary-process.js';
import { POOLS, randomDocument } from './settings.js';
import { VirtualTime } from '../support/virtual-time.js';
import type { WorkerProcess } from './worker-process.js';

export interface WorldOptions {
  /** Steps of the plan. */
  readonly steps: number;
}

const START = 1_767_225_600_000;
const CLIENTS = 8;

export class World {
  readonly seed: number;
  readonly chance: Chance;
  readonly time = new VirtualTime(START);
  readonly ledger: Ledger;
  readonly backends: Backends;
  readonly disk: Disk;
  readonly workerCount: number;
  document: ConfigDocument;
  traffic = true;
  /** Every worker process that may still live, of whichever primary. */
  #processes = new Set<WorkerProcess>();
  #primaries: PrimaryProcess[] = [];
  readonly #jars = new Map<string, string>();
  #asked = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.chance = new Chance(seed);
    this.ledger = new Ledger(seed, () => this.time.now() - START);
    this.backends = new Backends(new Chance(this.chance.seed()));
    this.disk = new Disk(new Chance(this.chance.seed()), this.ledger);
    this.workerCount = this.chance.between(1, 4);
    this.document = randomDocument(this.chance);
    this.startPrimary();
    this.#nextRequest();
  }

  /** The newest primary, if it runs. */
  get primary(): PrimaryProcess | null {
    const newest = this.#primaries.at(-1);
    return newest?.alive === true && newest.started ? newest : null;
  }

  get workers(): readonly WorkerProcess[] {
    return this.primary?.workers ?? [];
  }

  /** Starts a primary; one that still runs does not know. Workers that others left are asked to end. */
  startPrimary(): void {
    const primary: PrimaryProcess = new PrimaryProcess(this.#primaries.length + 1, {
      time: this.time,
      chance: new Chance(this.chance.seed()),
      disk: this.disk,
      backends: this.backends,
      ledger: this.ledger,
      workers: this.workerCount,
      ended: () => {
        this.ledger.count('primaries ended by themselves');
        this.#retire(primary);
        if (this.#primaries.at(-1) === primary) this.time.after(500, () => this.startPrimary());
      },
    });
    for (const earlier of this.#primaries) this.#retire(earlier);
    this.#primaries.push(primary);
    this.ledger.count('primaries');
    primary.start(this.document).catch((error: unknown) => {
      this.ledger.require(false, 'no-bug', error instanceof Error ? (error.stack ?? '') : String(error));
    });
  }

  /** As `kill -9` would. The next one starts after a while. */
  killPrimary(afterMs: number): void {
    const newest = this.#primaries.at(-1);
    if (newest?.alive !== true) return;
    newest.kill();
    this.time.after(afterMs, () => this.startPrimary());
  }

  async pass(ms: number): Promise<void> {
    await this.time.pass(ms, () => this.#verify());
    this.#verify();
  }

  /** Every worker forwards by the newest snapshot, and every backend that may take traffic takes it. */
  isSettled(): string | null {
    const { primary } = this;
    if (primary === null) return 'no primary';
    if (primary.ready.length !== this.workerCount) return 'a worker is missing';
    const behind = primary.ready.find((worker) => !primary.isConverged(worker));
    if (behind !== undefined) return `worker ${behind} is behind`;
    for (const pool of primary.loop.world.state.pools.values()) {
      for (const { id, admin, weight, health, breaker } of pool.backends.values()) {
        if (health !== 'healthy') return `${pool.id}/${id} is ${health}`;
        // What takes no new traffic has no trials either.
        if (admin !== 'ready' || weight === 0) continue;
        if (breaker.phase !== 'closed') return `${pool.id}/${id} is ${breaker.phase}`;
      }
    }
    return null;
  }

  /** Sends a request to any worker that accepts. */
  request(): void {
    const open = this.#accepting();
    const forwarder = this.chance.oneOf(open)?.forwarder ?? null;
    const path = `/${this.chance.oneOf(this.document.pools)?.id ?? POOLS[0]}/x`;
    const client = this.chance.between(1, CLIENTS);
    if (forwarder === null) return;
    const jar = `${client}${path}`;
    const method = this.chance.happens(0.7) ? 'GET' : 'POST';
    // Some come for the first time: only they can be trials where sessions stick.
    const cookie = this.chance.happens(0.8) ? (this.#jars.get(jar) ?? null) : null;
    this.#asked += 1;
    const stranger = this.chance.happens(0.3) ? this.chance.between(1, 250) : 0;
    const leavesAfterMs = this.chance.happens(0.05) ? this.chance.between(1, 1_000) : null;
    forwarder.request({ method, path, client: `10.0.${stranger}.${client}`, cookie, leavesAfterMs }).then(
      ({ kind, status, setCookie }) => {
        this.#asked -= 1;
        this.ledger.count(kind === 'answered' ? `answered ${status}` : kind);
        const pair = setCookie?.split(';')[0];
        if (pair !== undefined) this.#jars.set(jar, pair);
      },
      (error: unknown) => {
        this.ledger.require(false, 'no-bug', error instanceof Error ? (error.stack ?? '') : String(error));
      },
    );
  }

  /** After traffic has ceased for a while: nothing runs, nothing is owed. */
  checkQuiet(): void {
    const { primary, ledger } = this;
    if (primary === null) return;
    ledger.require(this.#asked === 0, 'nothing-left-running', `${this.#asked} requests`);
    const { state, observations } = primary.loop.world;
    for (const [pool, backends] of observations.pools) {
      for (const [id, { trials }] of backends) {
        const active = primary.host.activeRequests(pool, id);
        ledger.require(active === 0, 'nothing-left-running', `${active} requests to ${pool}/${id}`);
        const phase = state.pools.get(pool)?.backends.get(id)?.breaker.phase ?? 'gone';
        for (const permit of trials?.permits ?? []) {
          const ageMs = this.time.now() - permit.grantedAt;
          const text = `permit ${permit.permit} of worker ${permit.worker.n} for ${pool}/${id} (${phase}) is out for ${ageMs} ms`;
          ledger.require(ageMs < 3_000, 'permits-come-back', text);
        }
      }
    }
    this.#verify();
  }

  /** The log folded from anywhere is the state; the journal decided again is the log. */
  async checkHistory(): Promise<void> {
    const { checkpoints, folded } = this.disk;
    const laws = this.ledger;
    const empty = this.disk.foldFrom(initialState());
    laws.require(isDeepStrictEqual(empty, folded), 'state-is-the-fold', 'from empty');
    for (const checkpoint of checkpoints) {
      const again = this.disk.foldFrom(checkpoint);
      laws.require(isDeepStrictEqual(again, folded), 'state-is-the-fold', `from ${checkpoint.seq}`);
    }
    const segments: JournalEntry[][] = [];
    for await (const entry of this.disk.log.journal.read(0, Infinity)) {
      if (entry.kind === 'segment') segments.push([]);
      segments.at(-1)?.push(entry);
    }
    segments.forEach((segment, index) => this.#checkSegment(segment, segments[index + 1]));
    this.ledger.counts['segments'] = segments.length;
    this.#verify();
  }

  #checkSegment(segment: readonly JournalEntry[], next: readonly JournalEntry[] | undefined): void {
    const { events } = this.disk;
    const [first] = segment;
    const [following] = next ?? [];
    if (first?.kind !== 'segment') return;
    const upTo = following?.kind === 'segment' ? following.seq : Infinity;
    const before = this.disk.foldFrom(initialState(), first.seq);
    const replayed = replay({ state: before, observations: initialObservations() }, segment);
    const logged = events.filter(({ seq }) => seq > first.seq && seq <= upTo);
    const same = replayed.problem === null && isDeepStrictEqual(replayed.events, logged);
    const place = replayed.events.findIndex((event, i) => !isDeepStrictEqual(event, logged[i]));
    const text = `${replayed.problem ?? ''} ${replayed.events.length} for ${logged.length} events after ${first.seq}, first difference at ${place}: ${JSON.stringify(replayed.events[place])} for ${JSON.stringify(logged[place])}`;
    this.ledger.require(same, 'journal-gives-the-log', text);
  }

  #accepting(): readonly WorkerProcess[] {
    for (const primary of this.#primaries) {
      for (const process of primary.workers) this.#processes.add(process);
    }
    for (const process of this.#processes) if (!process.alive) this.#processes.delete(process);
    return [...this.#processes].filter(({ forwarder }) => forwarder !== null);
  }

  #retire(primary: PrimaryProcess): void {
    for (const process of primary.workers) {
      this.time.after(this.chance.between(0, 50), () => process.terminate());
    }
  }

  #nextRequest(): void {
    this.time.after(this.chance.between(4, 50), () => {
      if (this.traffic) this.request();
      this.#nextRequest();
    });
  }

  #verify(): void {
    const { primary } = this;
    if (primary !== null) {
      const { mailboxDepth } = primary.loop;
      this.ledger.require(mailboxDepth <= MAILBOX_LIMIT, 'queues-are-bounded', `mailbox ${mailboxDepth}`);
    }
    this.ledger.verify();
  }
}
