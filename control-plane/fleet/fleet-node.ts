/**
 * A host as a member of its fleet: it beats, follows the fleet's log, leads when it is its turn, and has writes decided wherever
 * the leader is. One beat after the other; bells only make it look earlier. It never touches traffic: whether this host follows or
 * goes on by itself, its control loop and its workers do the same.
 */
import { MAX_HOSTS } from '../domain/fleet-standing.js';
import type { Clock, TimerHandle } from '#shared/ports.js';
import type { CommandDraft } from '../domain/commands.js';
import { type Contact, contactAfterBeat, contactAtPlace, NO_CONTACT } from './contact.js';
import { FleetClock } from './fleet-clock.js';
import type { FleetHosts } from './fleet-hosts.js';
import { type FleetMode, fleetMode } from './fleet-mode.js';
import { type FleetStatus, fleetStatus, ownReport, refusalText, type ReportDeps } from './fleet-status.js';
import { type Beaten, type Bell, type FleetPosition, type Unavailable } from './fleet-store.js';
import { type FleetOutcome, submitToFleet } from './fleet-submit.js';
import { Follower, type Following, followedBy } from './follower.js';
import { type Place, placeOf } from './follow-plan.js';
import { type HostReport, reportText } from './host-report.js';
import { HostViews } from './host-views.js';
import { Leadership, type LeadershipDeps } from './leadership.js';
import { ModeWatch } from './mode-watch.js';
import { RemoteWrites, type WriteFate } from './remote-writes.js';

export interface FleetNodeDeps extends Omit<LeadershipDeps, 'follower' | 'clock' | 'changed'>, ReportDeps {
  readonly wall: Clock;
}

export class FleetNode {
  readonly clock: FleetClock;
  readonly #deps: FleetNodeDeps;
  readonly #follower: Follower;
  readonly #leadership: Leadership;
  readonly #writes: RemoteWrites;
  readonly #watch: ModeWatch;
  readonly #views: HostViews;
  #contact: Contact = NO_CONTACT;
  /** Where the log ended when it was heard of last. */
  #head: FleetPosition | null = null;
  #place: Place = 'nowhere';
  /** Beats sent so far. */
  #beatsSent = 0;
  #canRead = true;
  #problem: string | null = null;
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
    this.#views = new HostViews({
      ...deps,
      clock: this.clock,
      status: () => this.status(),
      report: () => this.#report(),
    });
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
    return this.#contact.refusal === 'taken' ? 'taken' : 'ok';
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
      if (this.#beatAgain) this.beat(); // Asked for since the beats looked for that last.
    });
  }

  get mode(): FleetMode {
    return fleetMode(this.#contact, this.#deps.now(), this.#deps.times);
  }

  status(): FleetStatus {
    const { host, loop, now } = this.#deps;
    return fleetStatus({
      mode: this.mode,
      state: loop.world.state,
      problem: this.#problem,
      host,
      stored: this.#leadership.term?.stored ?? null,
      contact: this.#contact,
      head: this.#head,
      clockAheadMs: this.clock.aheadMs,
      now: now(),
    });
  }

  /** All hosts, from their last beats; where the store cannot be asked, those of the fleet's log. */
  hosts(): Promise<FleetHosts> {
    return this.#views.all();
  }

  /** All hosts as the leader saw them with its last beat; `null`: this host does not lead. */
  watched(): FleetHosts | null {
    const { seen } = this.#leadership;
    return seen === null ? null : this.#views.of(seen);
  }

  /** Follows to where the log ends now, so that what is answered next is not older than the question. */
  async catchUp(): Promise<void> {
    if (this.mode.kind === 'following') this.#noted(await this.#follower.catchUp());
  }

  /** Has a write decided by the leader. Resolves when it is in force on this host. */
  submit(draft: CommandDraft): Promise<FleetOutcome> {
    if (this.#closed) return Promise.resolve({ kind: 'read-only', reason: 'this host leaves the fleet' });
    return submitToFleet(draft, {
      mode: this.mode,
      term: this.#leadership.term,
      remote: this.#writes,
      refusal: this.#deps.store.refusal,
      reach: (seq) => this.#reach(seq),
    });
  }

  /** What became of a write. `null`: nothing is known of it. */
  findWrite(nonce: string): Promise<WriteFate | Unavailable | null> {
    return this.#writes.find(nonce);
  }

  /** Follows until the own loop has this event. False: the log cannot be followed to there. */
  async #reach(seq: number): Promise<boolean> {
    const isThere = (): boolean => (followedBy(this.#deps.loop)?.seq ?? 0) >= seq;
    if (!isThere()) this.#noted(await this.#follower.catchUp());
    return isThere();
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
      case 'lead':
      case null:
        this.beat();
    }
  }

  async #follow(): Promise<void> {
    if (this.#closed || this.#contact.refusal !== null) return;
    if (this.#leadership.term === null) this.#noted(await this.#follower.catchUp());
  }

  async #beats(): Promise<void> {
    while (this.#beatAgain && !this.#closed) {
      this.#beatAgain = false;
      this.#timer?.cancel();
      // A bug must not end the beats: then the host would be silent for ever.
      const until = await this.#beatOnce().catch((error: unknown) => {
        this.#deps.logger.error({ err: error }, 'a beat of this host failed');
        return null;
      });
      if (this.#closed) return;
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
    if (this.#writes.isWaiting) void this.#writes.lookAgain();
    this.#settle();
    return until;
  }

  /** Sends a beat, and takes note of its answer. `null`: there was none. */
  async #tell(): Promise<Extract<Beaten, { kind: 'ok' }> | null> {
    const { store, host, incarnation, times, now } = this.#deps;
    const sentAt = now();
    const beat = reportText(this.#report());
    const number = (this.#beatsSent += 1);
    const limits = { freshMs: times.hostFreshMs, maxHosts: MAX_HOSTS };
    const answer = await store.beat({ host, incarnation, number, beat, cold: null, ...limits });
    if (answer.kind !== 'ok') {
      const refusal = answer.kind === 'unavailable' ? null : answer.kind;
      this.#problem = answer.kind === 'unavailable' ? answer.reason : refusalText(answer.kind, host);
      this.#contact = contactAfterBeat(this.#contact, refusal, times);
      return null;
    }
    const heardAt = now();
    this.clock.heard(answer.time, { sentAt, heardAt });
    this.#contact = contactAfterBeat(this.#contact, { ...answer, now: heardAt, number }, times);
    this.#head = answer.head;
    return answer;
  }

  async #compare({ head }: Extract<Beaten, { kind: 'ok' }>): Promise<void> {
    const { loop, now } = this.#deps;
    this.#place = placeOf(followedBy(loop), head);
    // A leader is behind while its own loop takes what was appended, which may be so with each beat.
    if (this.#place === 'behind' || (this.#place === 'apart' && this.#leadership.term === null)) {
      this.#noted(await this.#follower.catchUp());
    } else this.#problem = null;
    this.#contact = contactAtPlace(this.#contact, now(), this.#place);
  }

  #noted(followed: Following): void {
    if (followed.kind === 'there') {
      this.#place = followed.place;
      this.#head = followed.head;
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
    return ownReport({
      ...this.#deps,
      mode: this.mode,
      state: this.#deps.loop.world.state,
      place: this.#place,
      wasAutonomous: this.#watch.wasAutonomous,
      problem: this.#problem,
      clockAheadMs: this.clock.aheadMs,
    });
  }
}
