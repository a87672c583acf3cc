/**
 * A simulated host that does what the rules of `control-plane/fleet/` say, and nothing else: it beats, follows, stands for election,
 * and posts writes. Its history survives its process, because each host has the fleet's log in its own.
 */
import { advanced, foundedAt } from '../../../control-plane/domain/fleet-standing.js';
import { afterBeat } from '../../../control-plane/fleet/append-answer.js';
import { candidacy, type LastEvent, type Rival } from '../../../control-plane/fleet/candidacy.js';
import {
  contactAfterBeat,
  contactAtPlace,
  NO_CONTACT,
  type Contact,
} from '../../../control-plane/fleet/contact.js';
import type { FleetPosition, HostEntry, LogEntry } from '../../../control-plane/fleet/fleet-store.js';
import { placeOf, type Place } from '../../../control-plane/fleet/follow-plan.js';
import { ask, find, wait, type Activity } from './activity.js';
import type { ActingHost, Knowledge, Leading, RulesFleet, RulesFlaw } from './rules-fleet.js';
import { follow } from './rules-follower.js';
import { standAsLeader } from './rules-leader.js';
import type { StoreLink } from './store-network.js';

export class RulesHost implements ActingHost {
  readonly fleet: RulesFleet;
  readonly name: string;
  knowledge: Knowledge | null = null;
  contact: Contact = NO_CONTACT;
  lead: Leading | null = null;
  isAlive = false;
  /** Names the process. */
  id = '';
  link: StoreLink;
  /** The highest epoch that it has heard of. */
  seen = 0;
  askedAt: number | null = null;
  brokenAt: number | null = null;
  /** A beat is under way since then. */
  beatSince: number | null = null;
  frozenUntil = 0;
  #processes = 0;
  #beatsSent = 0;
  #place: Place = 'nowhere';
  #wake: (() => void) | null = null;

  constructor(fleet: RulesFleet, name: string) {
    this.fleet = fleet;
    this.name = name;
    this.link = fleet.network.link();
  }

  start(): void {
    const { fleet } = this;
    this.#processes += 1;
    this.id = `${this.name}.${this.#processes}`;
    this.isAlive = true;
    this.contact = NO_CONTACT;
    this.seen = this.knowledge?.standing.epoch ?? 0;
    this.askedAt = null;
    this.brokenAt = null;
    this.link = fleet.network.link();
    this.link.onBell = (bell) => {
      if (this.isAlive && (bell === 'log' || bell === null)) this.#poke();
    };
    this.run(this.#beats());
    this.run(this.#follows());
    this.run(this.#posts());
  }

  die(): void {
    this.isAlive = false;
    this.lead = null;
    this.#wake = null;
    this.beatSince = null;
    this.fleet.network.remove(this.link);
  }

  has(flaw: RulesFlaw): boolean {
    return this.fleet.flaws.has(flaw);
  }

  now(): number {
    return this.fleet.time.now();
  }

  /** What the store's clock shows, as far as the host knows. */
  storeTime(): number {
    return this.now() + this.contact.clockAheadMs;
  }

  /** Lets an activity go on as its answers come, as long as the process lives. */
  run(activity: Activity): void {
    const process = this.#processes;
    const resume = (value?: unknown): void => {
      if (!this.isAlive || process !== this.#processes) return;
      const { time } = this.fleet;
      if (this.frozenUntil > time.now()) {
        time.after(this.frozenUntil - time.now(), () => resume(value));
        return;
      }
      const { done, value: step } = activity.next(value);
      if (done === true) return;
      if (step.kind === 'call') this.link.call(step.run, resume);
      else if (step.kind === 'wait') time.after(step.ms, () => resume());
      else step.begin(() => resume());
    };
    resume();
  }

  depose(why: string): void {
    this.fleet.tell(this.name, 'is deposed:', why);
    this.lead = null;
    this.#poke();
  }

  placeOf(head: FleetPosition | null): Place {
    const own = this.knowledge?.standing ?? null;
    if (this.has('compares-by-number') && own !== null && head !== null) {
      return head.seq < own.seq ? 'ahead' : head.seq > own.seq ? 'behind' : 'at-head';
    }
    const place = placeOf(own, head);
    return place === 'ahead' && head !== null && this.has('gives-up-when-ahead') ? 'apart' : place;
  }

  /** Takes over what was stored after its own position. */
  apply(entries: readonly LogEntry[], base: Knowledge | null = this.knowledge): void {
    const { ledger } = this.fleet;
    let standing = base?.standing ?? foundedAt(0, 0, 0);
    for (const { position, text } of entries) {
      const at = ledger.made.get(text)?.at ?? 0;
      standing = advanced(standing, { ...position, at, command: 0 });
    }
    const known = base?.entries ?? [];
    const all = [...known, ...entries.map(({ position, text }) => ({ ...position, text }))];
    ledger.checkFollowed(all, base === this.knowledge ? known.length : 0);
    this.knowledge = { standing, entries: all };
    this.seen = Math.max(this.seen, standing.epoch);
  }

  last(): LastEvent | null {
    const { knowledge } = this;
    return knowledge === null ? null : { at: knowledge.standing.at, seq: knowledge.standing.seq };
  }

  *#beats(): Activity {
    const { chance, times } = this.fleet;
    for (;;) {
      const wasAhead = this.#place === 'ahead';
      yield* this.beat();
      // Others stand back only for a host of which they know that it is ahead.
      const isNews = this.#place === 'ahead' && !wasAhead;
      if (!isNews) yield* wait(times.beatEveryMs - chance.between(0, 100));
    }
  }

  *beat(): Activity {
    const { lead } = this;
    const sight = lead && { id: this.id, epoch: lead.epoch, stored: lead.stored };
    const { connection } = this.link;
    const beat = JSON.stringify({ ahead: this.#place === 'ahead' ? this.last() : null });
    const number = (this.#beatsSent += 1);
    const { hostFreshMs: freshMs } = this.fleet.times;
    const { maxHosts } = this.fleet;
    const options = { host: this.name, incarnation: this.id, number, beat, cold: null, freshMs, maxHosts };
    this.beatSince = this.now();
    const answer = yield* ask((store) => store.beat(options));
    this.beatSince = null;
    const now = this.now();
    if (answer.kind !== 'ok') {
      const refusal = answer.kind === 'unavailable' ? null : answer.kind;
      if (answer.kind === 'full') this.fleet.count('hosts refused');
      this.contact = contactAfterBeat(this.contact, refusal, this.fleet.times);
      return;
    }
    const { lease, head } = answer;
    const seen = { ...answer, now, number, connection };
    this.contact = contactAfterBeat(this.contact, seen, this.fleet.times);
    this.seen = Math.max(this.seen, lease?.epoch ?? 0);
    const end = sight !== null && this.lead === lead ? afterBeat(sight, lease, head) : null;
    if (end !== null) this.depose(end);
    const place = this.placeOf(head);
    this.#place = place;
    this.contact = contactAtPlace(this.contact, now, place);
    if (!this.has('follows-only-by-bells') || place === 'ahead' || place === 'nowhere') this.#poke();
  }

  *#follows(): Activity {
    for (;;) {
      yield { kind: 'pause', begin: (resume) => (this.#wake = resume) };
      if (this.lead !== null) continue;
      yield* follow(this);
      yield* this.#stand();
    }
  }

  #poke(): void {
    const wake = this.#wake;
    this.#wake = null;
    if (wake !== null) this.fleet.time.after(0, wake);
  }

  *#stand(): Activity {
    const { times, chance } = this.fleet;
    let rivals: readonly Rival[] | null = this.has('stands-beside-better') ? [] : null;
    for (;;) {
      if (this.lead !== null) return;
      const hasty = { ...this.contact, since: this.contact.since && 0 };
      const verdict = candidacy(
        {
          now: this.now(),
          id: this.id,
          contact: this.has('stands-at-once') ? hasty : this.contact,
          canRead: true,
          last: this.last(),
          askedAt: this.askedAt,
          brokenAt: this.brokenAt,
          rivals,
        },
        times,
      );
      if (verdict.kind === 'wait') return;
      if (verdict.kind === 'stand') break;
      const { onLook } = this.fleet.ledger;
      this.fleet.ledger.onLook = null;
      onLook?.();
      const found = yield* find((store) => store.hosts());
      if (found.kind !== 'ok') return;
      rivals = found.value.filter(({ host }) => host !== this.name).map((entry) => this.#rival(entry));
    }
    yield* standAsLeader(this, chance.between(0, times.standSpreadMs));
  }

  #rival({ host, heardAt, beat }: HostEntry): Rival {
    const { ahead } = JSON.parse(beat) as { ahead: LastEvent | null };
    return { host, heardAgoMs: this.storeTime() - heardAt, isCandidate: true, ahead };
  }

  /** Somebody asks this host to change something; it has another one do it. */
  *#posts(): Activity {
    const { fleet } = this;
    for (;;) {
      yield* wait(fleet.chance.between(100, 2_500));
      if (this.lead !== null || !fleet.isBusy) continue;
      const nonce = `n${fleet.number()}`;
      const ttlMs = fleet.chance.between(50, fleet.chance.among(400, fleet.times.writeTtlMs));
      const posted = yield* ask((store) => store.post({ nonce, ttlMs, text: '' }));
      if (posted.kind !== 'ok') continue;
      const until = this.now() + fleet.times.writeAnswerMs;
      for (let after = '0-0', isTold = false; !isTold && this.now() < until;) {
        const cursor = after;
        const found = yield* find((store) => store.answers({ after: cursor, limit: 100 }));
        if (found.kind === 'ok') {
          const answer = found.value.find((one) => one.nonce === nonce);
          if (answer !== undefined) fleet.count(`answers ${answer.text}`);
          if (answer !== undefined) fleet.ledger.wasTold(nonce, answer.text, this.link.server);
          isTold = answer !== undefined;
          after = found.value.at(-1)?.id ?? after;
        }
        if (!isTold) yield* wait(150);
      }
    }
  }
}
