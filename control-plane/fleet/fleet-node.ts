/**
 * A host as a member of its fleet: it beats, follows the fleet's log, leads when it is its turn, and has writes decided wherever
 * the leader is. One beat after the other; bells only make it look earlier. It never touches traffic: whether this host follows or
 * goes on by itself, its control loop and its workers do the same.
 */
import type { Clock, TimerHandle } from '#shared/ports.js';
import type { CommandDraft } from '../domain/commands.js';
import { type Contact, contactAfterBeat, contactAtPlace, NO_CONTACT } from './contact.js';
import { FleetClock } from './fleet-clock.js';
import { type FleetMode, fleetMode } from './fleet-mode.js';
import type { Bell, Beaten } from './fleet-store.js';
import { type FleetOutcome, submitToFleet } from './fleet-submit.js';
import { Follower, type Following, followedBy } from './follower.js';
import { type Place, placeOf } from './follow-plan.js';
import { type HostReport, reportText, type ReportedWorker } from './host-report.js';
import { type SeenHost, seenHosts } from './host-watch.js';
import { Leadership, type LeadershipDeps } from './leadership.js';
import { ModeWatch } from './mode-watch.js';
import { RemoteWrites } from './remote-writes.js';
import type { WriteAnswer } from './fleet-writes.js';

export interface FleetNodeDeps extends Omit<LeadershipDeps, 'follower' | 'clock' | 'changed'> {
  /** Whether this host may lead. */
  readonly candidate: boolean;
  readonly workers: () => readonly ReportedWorker[];
  readonly wall: Clock;
  /** This host follows, after it did not. */
  readonly followed?: () => void;
}

/** What operators are told of the fleet as this host sees it. */
export interface FleetStatus {
  readonly mode: FleetMode;
  /** The host that leads; `null`: none that is known. */
  readonly leader: string | null;
  readonly leads: boolean;
  /** The number of the fleet's last event, as the store said last; `null`: there is no log. */
  readonly headSeq: number | null;
  /** How long ago the store was heard of; `null`: never. */
  readonly heardAgoMs: number | null;
  /** Why this host cannot follow, in one sentence. */
  readonly problem: string | null;
}

export class FleetNode {
  readonly clock: FleetClock;
  readonly #deps: FleetNodeDeps;
  readonly #follower: Follower;
  readonly #leadership: Leadership;
  readonly #writes: RemoteWrites;
  readonly #watch: ModeWatch;
  #contact: Contact = NO_CONTACT;
  #headSeq: number | null = null;
  #place: Place = 'nowhere';
  /** Beats sent so far. */
  #beatsSent = 0;
  #canRead = true;
  #problem: string | null = null;
  #taken: string | null = null;
  #timer: TimerHandle | null = null;
  #beating: Promise<void> | null = null;
  #beatAgain = false;
  #unbell: (() => void) | null = null;
  #closed = false;

  constructor(deps: FleetNodeDeps) {
    this.#deps = deps;
    this.clock = new FleetClock(deps.wall, deps.now);
    this.#follower = new Follower(deps);
    this.#leadership = new Leadership({
      ...deps,
      follower: this.#follower,
      clock: this.clock,
      changed: () => this.beat(),
    });
    this.#writes = new RemoteWrites(deps);
    this.#watch = new ModeWatch(deps);
  }

  /**
   * Begins to beat. Resolves after the first, whatever came of it; `taken`: another process lives under this host's name. Whoever
   * had the directory of this process before is dead, and gives its name back.
   */
  async start(): Promise<'ok' | 'taken'> {
    const { store, host, loop, incarnation } = this.#deps;
    const before = loop.world.state.fleet?.hosts.find((one) => one.host === host);
    if (this.#unbell === null && before !== undefined && before.incarnation !== incarnation) {
      await store.leave(host, before.incarnation);
    }
    this.#unbell ??= store.onBell((bell) => this.#heard(bell));
    this.beat();
    await this.#beating;
    return this.#taken === null ? 'ok' : 'taken';
  }

  /** Waits until this host follows, at most this long. */
  untilFollowing(limitMs: number): Promise<boolean> {
    return this.#watch.untilFollowing(limitMs);
  }

  /** Leaves the fleet: hands over if it leads, and takes its report away. */
  async stop(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#unbell?.();
    await this.#leadership.close();
    await this.#beating;
    const { store, host, incarnation } = this.#deps;
    await store.leave(host, incarnation);
    await store.close();
  }

  /** Looks at the store now, instead of with the next beat. */
  beat(): void {
    if (this.#closed) return;
    this.#beatAgain = true;
    this.#beating ??= this.#beats().finally(() => {
      this.#beating = null;
    });
  }

  get mode(): FleetMode {
    return fleetMode(this.#contact, this.#deps.now(), this.#deps.times);
  }

  status(): FleetStatus {
    const { answeredAt, lease } = this.#contact;
    const now = this.#deps.now();
    const leads = this.#leadership.term !== null;
    return {
      mode: this.mode,
      leader: leads ? this.#deps.host : lease !== null && lease.endsAt > now ? lease.host : null,
      leads,
      headSeq: this.#headSeq,
      heardAgoMs: answeredAt === null ? null : now - answeredAt,
      problem: this.#problem,
    };
  }

  /** All hosts that were heard of; `null`: the store cannot be asked. */
  async hosts(): Promise<readonly SeenHost[] | null> {
    const found = await this.#deps.store.hosts();
    return found.kind === 'unavailable' ? null : seenHosts(found.value, this.clock.now());
  }

  /** Follows to where the log ends now, so that what is answered next is not older than the question. */
  async catchUp(): Promise<void> {
    if (this.mode.kind === 'following') this.#noted(await this.#follower.catchUp());
  }

  /** Has a write decided by the leader. Resolves when it is in force on this host. */
  submit(draft: CommandDraft): Promise<FleetOutcome> {
    return submitToFleet(draft, {
      mode: this.mode,
      term: this.#leadership.term,
      remote: this.#writes,
      reach: (seq) => this.#reach(seq),
    });
  }

  /** What became of a write. `null`: nothing is known of it; `undefined`: the store cannot be asked. */
  findWrite(nonce: string): Promise<WriteAnswer | null | undefined> {
    return this.#writes.find(nonce);
  }

  /** Follows until the own loop has this event, or the log cannot be followed. */
  async #reach(seq: number): Promise<void> {
    if ((followedBy(this.#deps.loop)?.seq ?? 0) < seq) this.#noted(await this.#follower.catchUp());
  }

  #heard(bell: Bell | null): void {
    switch (bell) {
      case 'log':
        if (this.#writes.isWaiting) void this.#writes.look();
        void this.#follow();
        return;
      case 'inbox':
        this.#leadership.term?.readInbox();
        return;
      case 'hosts':
        return;
      case null:
        this.#writes.forget();
        this.beat();
        return;
      case 'lead':
        this.beat();
    }
  }

  async #follow(): Promise<void> {
    if (this.#leadership.term === null && !this.#closed) this.#noted(await this.#follower.catchUp());
  }

  async #beats(): Promise<void> {
    while (this.#beatAgain && !this.#closed) {
      this.#beatAgain = false;
      this.#timer?.cancel();
      const until = await this.#beatOnce();
      const { times, timers, now } = this.#deps;
      const delay =
        until === null || until <= now() ? times.beatEveryMs : Math.min(times.beatEveryMs, until - now());
      this.#timer = timers.after(delay, () => this.beat());
    }
  }

  /** Answers when to look again at the latest; `null`: with the next beat. */
  async #beatOnce(): Promise<number | null> {
    const wasAhead = this.#place === 'ahead';
    const stored = this.#leadership.term?.stored ?? null;
    const answer = await this.#tell();
    if (answer === null) {
      this.#settle();
      return null;
    }
    this.#leadership.afterBeat(answer, stored);
    await this.#compare(answer);
    // Candidates that know less have to hear of it before they stand.
    if (this.#place === 'ahead' && !wasAhead) this.#beatAgain = true;
    let until: number | null = null;
    if (this.#deps.candidate) {
      const last = followedBy(this.#deps.loop) === null ? null : this.#deps.loop.world.state.fleet;
      const own = { canRead: this.#canRead, last };
      until = await this.#leadership.standIfDue(this.#contact, own, () =>
        this.#tell().then(() => this.#contact),
      );
    }
    this.#leadership.term?.readInbox();
    await this.#leadership.watchHosts();
    if (this.#writes.isWaiting) void this.#writes.look();
    this.#settle();
    return until;
  }

  /** Sends a beat, and takes note of its answer. `null`: there was none. */
  async #tell(): Promise<Extract<Beaten, { kind: 'ok' }> | null> {
    const { store, host, incarnation, times, now } = this.#deps;
    const sentAt = now();
    const beat = reportText(this.#report());
    const number = (this.#beatsSent += 1);
    const freshMs = times.hostFreshMs;
    const answer = await store.beat({ host, incarnation, number, beat, cold: null, freshMs });
    this.#taken = answer.kind === 'taken' ? answer.by : null;
    if (answer.kind !== 'ok') {
      this.#contact = contactAfterBeat(this.#contact, null, times);
      this.#problem =
        answer.kind === 'taken' ? `another process lives under the name of host ${host}` : answer.reason;
      return null;
    }
    const heardAt = now();
    this.clock.heard(answer.time, { sentAt, heardAt });
    this.#contact = contactAfterBeat(this.#contact, { ...answer, now: heardAt, number }, times);
    this.#headSeq = answer.head?.seq ?? null;
    return answer;
  }

  async #compare({ head }: Extract<Beaten, { kind: 'ok' }>): Promise<void> {
    const { loop, now } = this.#deps;
    this.#place = placeOf(followedBy(loop), head);
    if (this.#leadership.term === null && (this.#place === 'behind' || this.#place === 'apart')) {
      this.#noted(await this.#follower.catchUp());
    } else if (this.#place !== 'behind') this.#problem = null;
    this.#contact = contactAtPlace(this.#contact, now(), this.#place);
  }

  #noted(followed: Following): void {
    if (followed.kind === 'there') {
      this.#place = followed.place;
      this.#headSeq = followed.head?.seq ?? null;
      this.#canRead = true;
      this.#problem = null;
      this.#contact = contactAtPlace(this.#contact, this.#deps.now(), followed.place);
      return;
    }
    if (followed.kind === 'unreadable') this.#canRead = false;
    this.#problem = followed.kind === 'unreadable' ? followed.problem : followed.reason;
  }

  #settle(): void {
    const fleetAt = this.#deps.loop.world.state.fleet?.at ?? null;
    this.#watch.settle(this.mode, { at: this.clock.now(), fleetAt, problem: this.#problem });
  }

  #report(): HostReport {
    const { version, candidate, loop, workers } = this.#deps;
    const { fleet } = loop.world.state;
    return {
      version,
      candidate,
      mode: this.mode.kind,
      position: fleet === null ? null : { epoch: fleet.epoch, seq: fleet.seq },
      ahead: this.#place === 'ahead' && fleet !== null ? { at: fleet.at, seq: fleet.seq } : null,
      wasAutonomous: this.#watch.wasAutonomous,
      problem: this.#problem,
      workers: workers(),
    };
  }
}
