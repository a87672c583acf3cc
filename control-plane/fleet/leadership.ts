/**
 * How a host comes to lead its fleet and ceases to: it asks for the lease when `candidacy.ts` says so, begins a term, keeps the
 * fleet's snapshots and list of hosts, and ends the term when it is over. One term at a time.
 */
import { messageOf } from '#shared/error-text.js';
import type { Clock, Logger, Random, Timers } from '#shared/ports.js';
import type { Command, CommandDraft } from '../domain/commands.js';
import type { TidegateEvent } from '../domain/events.js';
import { afterBeat } from './append-answer.js';
import { candidacy, type LastEvent, type Rival } from './candidacy.js';
import type { Contact } from './contact.js';
import type { FleetClock } from './fleet-clock.js';
import { FleetSnapshots } from './fleet-snapshots.js';
import type { Beaten, FleetPosition, FleetStore } from './fleet-store.js';
import type { FleetTimes } from './fleet-times.js';
import type { Follower } from './follower.js';
import { hostNews, type SeenHost, seenHosts } from './host-watch.js';
import { Lease } from './lease.js';
import type { OwnLoop } from './own-loop.js';
import { takeLead } from './take-lead.js';
import { Term } from './term.js';

/** Epochs rise by chance, so that two histories never give the same number to two terms. */
const MAX_EPOCH_STEP = 2 ** 20;

export const OTHER_SECRET_REPLACED =
  'a host that has started since Redis lost its data had stored another secret of the fleet, which is replaced: restart that host, because the others do not take the sessions that it begins';
export const OTHER_SECRET =
  'this host has another secret than its fleet has in Redis: restart it, because the others do not take the sessions that it begins';

/** Gives commands their numbers, which go on from one, and their time, never before one. */
export type StampsFrom = (
  last: { readonly commandId: number; readonly at: number },
  clock: Clock,
) => (draft: CommandDraft) => Command;

export interface LeadershipDeps {
  readonly store: FleetStore;
  readonly loop: OwnLoop;
  readonly follower: Follower;
  readonly clock: FleetClock;
  readonly host: string;
  /** Names this process; the lease is held under it. */
  readonly incarnation: string;
  readonly version: string;
  readonly times: FleetTimes;
  readonly timers: Timers;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly random: Random;
  readonly stampsFrom: StampsFrom;
  /** The secret that the store has for all hosts; `null`: they were given one, or this host does not know it. */
  readonly secret: string | null;
  readonly logger: Logger;
  /** Nobody knows whether an append of this leader was carried out, before the store is asked again. */
  readonly appendUnknown?: () => void;
  /** This host leads, or does not any more. */
  readonly changed: () => void;
}

interface Leading {
  readonly term: Term;
  readonly lease: Lease;
  readonly snapshots: FleetSnapshots;
}

export class Leadership {
  readonly #deps: LeadershipDeps;
  #leading: Leading | null = null;
  #seen: readonly SeenHost[] | null = null;
  #highestEpoch = 0;
  #askedAt: number | null = null;
  #brokenAt: number | null = null;
  #closed = false;
  /** Until when hosts went on by themselves, as this leader has told. */
  readonly #toldAutonomy = new Map<string, number>();

  constructor(deps: LeadershipDeps) {
    this.#deps = deps;
  }

  /** The term under way; `null`: this host does not lead. */
  get term(): Term | null {
    return this.#leading?.term ?? null;
  }

  /** All hosts, as the leader saw them with its last beat; `null`: this host does not lead, or has just begun to. */
  get seen(): readonly SeenHost[] | null {
    return this.#seen;
  }

  /**
   * Asks for the lease if it is time to. Answers when to look again at the latest, by the monotonic clock; `null`: with the next
   * beat.
   * @param beatAgain beats, and answers what the contact is after that
   */
  async standIfDue(
    contact: Contact,
    own: { readonly canRead: boolean; readonly last: LastEvent | null },
    beatAgain: () => Promise<Contact>,
  ): Promise<number | null> {
    if (this.#leading !== null || this.#closed) return null;
    const { store, now, incarnation, times } = this.#deps;
    let rivals: readonly Rival[] | null = null;
    for (;;) {
      const { askedAt, brokenAt } = { askedAt: this.#askedAt, brokenAt: this.#brokenAt };
      const options = { now: now(), id: incarnation, contact, askedAt, brokenAt, rivals, ...own };
      const verdict = candidacy(options, times);
      if (verdict.kind === 'wait') return verdict.until;
      if (verdict.kind === 'stand') return this.#stand(contact, beatAgain);
      const found = await store.hosts();
      if (found.kind === 'unavailable') return null;
      rivals = this.#rivals(seenHosts(found.value, this.#deps.clock.now()));
    }
  }

  /** @param stored what was stored when the beat was sent */
  afterBeat(answer: Extract<Beaten, { kind: 'ok' }>, stored: FleetPosition | null): void {
    if (answer.lease !== null) this.#highestEpoch = Math.max(this.#highestEpoch, answer.lease.epoch);
    const leading = this.#leading;
    if (leading === null || stored === null) return;
    const sight = { id: this.#deps.incarnation, epoch: leading.term.epoch, stored };
    const end = afterBeat(sight, answer.lease, answer.head);
    if (end !== null) this.#over(leading, `the store says: ${end}`, false);
  }

  /** Tells the fleet which hosts came and went, and forgets those that are silent. */
  async watchHosts(): Promise<void> {
    const { store, times, host, clock, logger } = this.#deps;
    const leading = this.#leading;
    if (leading === null) return;
    const found = await store.hosts();
    if (found.kind === 'unavailable' || leading !== this.#leading) return;
    const known = leading.term.world.state.fleet?.hosts ?? [];
    this.#seen = seenHosts(found.value, clock.now());
    this.#forgetTold(this.#seen);
    const news = hostNews(this.#seen, known, { times, self: host });
    for (const draft of news.commands) {
      if (this.#isTold(draft)) continue;
      leading.term
        .submit(draft)
        .catch((error: unknown) => logger.error({ err: error }, 'a host was not told of'));
    }
    const { epoch } = leading.term;
    for (const silent of news.silent) {
      const heardAt = clock.now() - silent.heardAgoMs;
      await store.forgetHost({ id: this.#deps.incarnation, epoch, host: silent.host, heardAt });
    }
  }

  /** Hands over at once, with a snapshot of all that was decided. */
  async close(): Promise<void> {
    this.#closed = true;
    const leading = this.#leading;
    if (leading === null) return;
    await leading.term.stop();
    await leading.snapshots.save();
    this.#over(leading, 'this host stops', false);
    await this.#deps.store.resign({ id: this.#deps.incarnation, epoch: leading.term.epoch });
  }

  async #stand(contact: Contact, beatAgain: () => Promise<Contact>): Promise<number | null> {
    const { store, times, timers, random, now, host, incarnation, loop } = this.#deps;
    this.#askedAt = now();
    await new Promise<void>((resolve) => void timers.after(random() * times.standSpreadMs, resolve));
    if (this.#closed) return null;
    const sentAt = now();
    this.#askedAt = sentAt;
    const seen = Math.max(this.#highestEpoch, loop.world.state.fleet?.epoch ?? 0);
    const step = 1 + Math.floor(random() * (MAX_EPOCH_STEP - 1));
    const answer = await store.acquire({ id: incarnation, host, ttlMs: times.leaseMs, seen, step });
    if (answer.kind !== 'leads') return null;
    this.#deps.clock.heard(answer.time, { sentAt, heardAt: now() });
    this.#highestEpoch = Math.max(this.#highestEpoch, answer.epoch);
    // Where the store lost something meanwhile, those who know more have not been heard.
    const { since } = await beatAgain();
    if (since === null || since !== contact.since) {
      await store.resign({ id: incarnation, epoch: answer.epoch });
      return null;
    }
    await this.#begin(answer.epoch, sentAt);
    return null;
  }

  async #begin(epoch: number, sentAt: number): Promise<void> {
    const { store, follower, loop, host, incarnation, version, clock, logger, stampsFrom } = this.#deps;
    const name = { id: incarnation, epoch };
    const late: { leading?: Leading } = {};
    const end = (reason: string, broken: boolean): void => {
      if (late.leading !== undefined) this.#over(late.leading, reason, broken);
    };
    const lease = new Lease(sentAt, { ...this.#deps, term: name, over: (reason) => end(reason, false) });
    const { secret } = this.#deps;
    // A store that lost everything has to have the same secret again, or cookies would be good on some hosts only.
    const shared = secret === null ? null : await store.shareSecret(secret);
    const hasOther = shared?.kind === 'ok' && shared.value !== secret;
    const deps = { store, follower, loop, host, secret };
    const taken = await takeLead(name, deps, (last) => stampsFrom(last, clock)).catch((error: unknown) => {
      // A bug must not leave the lease with a host that does not lead.
      this.#brokenAt = this.#deps.now();
      logger.error({ err: error }, 'the term of this host could not begin');
      return { kind: 'failed', reason: messageOf(error) } as const;
    });
    if (taken.kind === 'failed' || this.#closed || !lease.isValid) {
      lease.stop();
      await store.resign(name);
      const reason = taken.kind === 'failed' ? taken.reason : 'it came too late';
      logger.warn({ epoch, reason }, 'this host was to lead the fleet, and could not');
      return;
    }
    const { start, stamp } = taken;
    const snapshots = new FleetSnapshots(name, 0, this.#deps);
    const appended = async (events: readonly TidegateEvent[]): Promise<void> => {
      if (!(await follower.take(events))) await follower.catchUp();
      snapshots.changed();
    };
    const term = new Term(name, start.at, start.world, {
      ...this.#deps,
      stamp,
      lease,
      appended,
      over: end,
    });
    late.leading = { term, lease, snapshots };
    this.#leading = late.leading;
    this.#deps.changed();
    logger.info({ epoch }, 'this host leads the fleet');
    const actor = { kind: 'primary', name: host } as const;
    await term.submit({ type: 'TakeLead', epoch, host, incarnation, version, actor });
    term.readInbox();
    if (hasOther) logger.warn({}, start.isRestored ? OTHER_SECRET_REPLACED : OTHER_SECRET);
  }

  #over(leading: Leading, reason: string, broken: boolean): void {
    leading.lease.stop();
    leading.snapshots.stop();
    leading.term.abandon();
    if (this.#leading !== leading) return;
    this.#leading = null;
    this.#seen = null;
    const { epoch } = leading.term;
    this.#deps.logger.warn({ epoch, reason }, 'this host leads the fleet no more');
    this.#deps.changed();
    if (!broken) return;
    this.#brokenAt = this.#deps.now();
    void this.#deps.store.resign({ id: this.#deps.incarnation, epoch });
  }

  /** A host reports that it went on by itself until the log tells of it, which may take some beats. */
  #isTold(draft: CommandDraft): boolean {
    if (draft.type !== 'RecordAutonomy') return false;
    const isTold = this.#toldAutonomy.get(draft.host) === draft.to;
    this.#toldAutonomy.set(draft.host, draft.to);
    return isTold;
  }

  #forgetTold(seen: readonly SeenHost[]): void {
    for (const name of this.#toldAutonomy.keys()) {
      if (!seen.some(({ host }) => host === name)) this.#toldAutonomy.delete(name);
    }
  }

  #rivals(seen: readonly SeenHost[]): readonly Rival[] {
    return seen
      .filter(({ incarnation }) => incarnation !== this.#deps.incarnation)
      .map(({ host, heardAgoMs, report }) => ({
        host,
        heardAgoMs,
        isCandidate: report?.candidate ?? false,
        ahead: report?.ahead ?? null,
      }));
  }
}
