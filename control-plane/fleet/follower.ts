/**
 * Brings a host's own control loop to where the fleet's log ends: reads what is missing, and gives it to the loop. `follow-plan.ts`
 * decides what comes next. One run at a time; who asks meanwhile gets the run after it, so that an answer never is older than
 * the question.
 */
import { messageOf } from '#shared/error-text.js';
import type { Actor } from '../domain/actor.js';
import type { TidegateEvent } from '../domain/events.js';
import type { FleetState } from '../domain/fleet-state.js';
import { foldFleet } from '../domain/fold-fleet.js';
import { logEntries, readEvents, readSnapshot } from './fleet-codec.js';
import {
  type FleetPosition,
  type FleetStore,
  type Head,
  type LogEntry,
  MAX_STORE_BATCH,
  type Restored,
} from './fleet-store.js';
import {
  type EntriesRead,
  type Followed,
  type Place,
  placeOf,
  planAdoption,
  planFollow,
} from './follow-plan.js';
import type { OwnLoop } from './own-loop.js';
import { RecentEvents } from './recent-events.js';

/** Rounds of reading until the log stands still: a log that changes its history meanwhile is looked at again with the next beat. */
const MAX_ROUNDS = 20;
const ACTOR: Actor = { kind: 'primary' };

export type Following =
  | { readonly kind: 'there'; readonly place: Place; readonly head: Head | null }
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** What the log has cannot be read by this release. */
  | { readonly kind: 'unreadable'; readonly problem: string }
  /** The log went on changing, or the own loop could not take the events. */
  | { readonly kind: 'unfinished'; readonly reason: string };

/** Where the host stands; `null`: it belongs to no fleet yet. */
export function followedBy(loop: Pick<OwnLoop, 'world'>): Followed | null {
  return loop.world.state.fleet;
}

interface FollowerDeps {
  readonly store: Pick<FleetStore, 'head' | 'read' | 'snapshot'>;
  readonly loop: OwnLoop;
}

export class Follower {
  readonly #deps: FollowerDeps;
  readonly #recent = new RecentEvents();
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<Following> | null = null;

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
  }

  /** Follows as far as the log goes at a time after this call. Never rejects: an own loop that fails is a reason, too. */
  catchUp(): Promise<Following> {
    this.#next ??= this.#queued(() => {
      this.#next = null;
      return this.#follow().catch((error: unknown): Following => {
        return { kind: 'unfinished', reason: messageOf(error) };
      });
    });
    return this.#next;
  }

  /** Takes events that this host itself has appended, without reading them. False: they do not go on from where it stands. */
  take(events: readonly TidegateEvent[]): Promise<boolean> {
    return this.#queued(async () => {
      const [first] = events;
      if (first === undefined) return true;
      if (followedBy(this.#deps.loop)?.seq !== first.seq - 1) return false;
      // Why the own loop fails is told by whoever follows next.
      return this.#give(events, logEntries(events)).then(
        (refused) => refused === null,
        () => false,
      );
    });
  }

  /**
   * Takes over the own state as that of a fleet which this host founds, once it is stored. Nothing is followed meanwhile: whoever
   * follows into a fleet of others gives up the own verdicts.
   */
  found(fleet: FleetState, store: () => Promise<Restored>): Promise<Restored> {
    return this.#queued(async () => {
      const restored = await store();
      if (restored.kind === 'ok') await this.#giveState(fleet, true);
      return restored;
    });
  }

  /** The last events up to this position, as far as they are at hand. */
  recent(position: FleetPosition): readonly LogEntry[] {
    return this.#recent.upTo(position);
  }

  #queued<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#running.then(run);
    this.#running = result.catch(() => undefined); // Its caller hears of it.
    return result;
  }

  async #follow(): Promise<Following> {
    const { store, loop } = this.#deps;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const found = await store.head();
      if (found.kind === 'unavailable') return found;
      const head = found.value;
      const step = await this.#step(head);
      if (step === 'again') continue;
      if (step !== null) return step;
      return { kind: 'there', place: placeOf(followedBy(loop), head), head };
    }
    return { kind: 'unfinished', reason: "the fleet's log changes faster than it can be read" };
  }

  /** One way to the end of the log as it was: `null` when it is reached, or when there is none. */
  async #step(head: Head | null): Promise<Following | 'again' | null> {
    const { store, loop } = this.#deps;
    let read: EntriesRead | null = null;
    for (;;) {
      const plan = planFollow({ own: followedBy(loop), head, read });
      switch (plan.kind) {
        case 'up-to-date':
        case 'ahead':
          return null;
        case 'follow':
          return this.#giveEntries(plan.entries);
        case 'adopt':
          return this.#adopt();
        case 'read': {
          const page = await store.read({ from: plan.from, limit: MAX_STORE_BATCH });
          if (page.kind === 'unavailable') return page;
          read = joined(read, page.value);
        }
      }
    }
  }

  async #adopt(): Promise<Following | 'again' | null> {
    const { store, loop } = this.#deps;
    const stored = await store.snapshot();
    if (stored.kind === 'unavailable') return stored;
    let read: EntriesRead | null = null;
    for (;;) {
      const found = await store.head();
      if (found.kind === 'unavailable') return found;
      const plan = planAdoption({ own: followedBy(loop), snapshot: stored.value, read, head: found.value });
      if (plan.kind === 'look-again') return 'again';
      if (plan.kind === 'adopt') {
        if (stored.value === null) return 'again';
        const fleet = readSnapshot(stored.value);
        if (!fleet.ok) return { kind: 'unreadable', problem: fleet.problem };
        return this.#giveAdopted(fleet.value, plan.entries);
      }
      const page = await store.read({ from: plan.from, limit: MAX_STORE_BATCH });
      if (page.kind === 'unavailable') return page;
      read = joined(read, page.value);
    }
  }

  /**
   * Workers must not see the state of the snapshot where a later one is in force: it may lack backends, which would come back without
   * the verdicts of this host. A host that is new to the fleet has none on them, and takes the history for its operators.
   */
  async #giveAdopted(fleet: FleetState, entries: readonly LogEntry[]): Promise<Following | null> {
    const isMember = this.#deps.loop.world.state.fleet !== null;
    if (!isMember) return (await this.#giveState(fleet, false)) ?? this.#giveEntries(entries);
    const events = readEvents(entries);
    if (!events.ok) return { kind: 'unreadable', problem: events.problem };
    const refused = await this.#giveState(foldFleet(fleet, events.value), true);
    if (refused === null) this.#recent.add(entries);
    return refused;
  }

  async #giveState(fleet: FleetState, keepsVerdicts: boolean): Promise<Following | null> {
    const { loop } = this.#deps;
    this.#recent.clear();
    const decision = await loop.submit({ type: 'AdoptFleet', fleet, keepsVerdicts, actor: ACTOR });
    return decision.kind === 'mailbox-full' ? busy() : null;
  }

  async #giveEntries(entries: readonly LogEntry[]): Promise<Following | null> {
    const events = readEvents(entries);
    return events.ok ? this.#give(events.value, entries) : { kind: 'unreadable', problem: events.problem };
  }

  async #give(events: readonly TidegateEvent[], entries: readonly LogEntry[]): Promise<Following | null> {
    if (events.length === 0) return null;
    const decision = await this.#deps.loop.submit({ type: 'FollowFleet', events, actor: ACTOR });
    if (decision.kind === 'mailbox-full') return busy();
    if (decision.kind === 'rejected') return { kind: 'unfinished', reason: decision.rejection.message };
    this.#recent.add(entries);
    return null;
  }
}

function busy(): Following {
  return { kind: 'unfinished', reason: 'the control loop of this host has too much to do' };
}

function joined(read: EntriesRead | null, page: readonly LogEntry[]): EntriesRead {
  return { entries: [...(read?.entries ?? []), ...page], isEnd: page.length < MAX_STORE_BATCH };
}
