/**
 * Whether a host may ask for the lease now. It keeps what operators were told is done: after the store lost events, the host that
 * has the latest of them leads, because the leader puts what it knows in the place of what was lost. Pure: times are of the host's
 * monotonic clock; `lease-keeper.ts` asks.
 *
 * First row that fits:
 *
 * | what is so                                                                | verdict                    |
 * | ------------------------------------------------------------------------- | -------------------------- |
 * | the last beat was not answered                                            | wait: `no-contact`         |
 * | this host cannot read the log                                             | wait: `unreadable`         |
 * | it resigned because it could not append                                   | wait: `broken`             |
 * | another host has a lease that is not over                                 | wait: `held`               |
 * | it asked less than `standEveryMs` ago                                     | wait: `asked`              |
 * | in contact for less than `standWaitMs`                                    | wait: `too-early`          |
 * | nobody has looked who else is there                                       | look around                |
 * | a live candidate is ahead, and its last event is later; ≤ `standBackMs`   | wait: `rival`              |
 * | else                                                                      | stand                      |
 */
import type { Contact } from './contact.js';
import type { FleetTimes } from './fleet-times.js';

/** The last event that a host knows. Epochs of different histories cannot be compared; times can. */
export interface LastEvent {
  readonly at: number;
  readonly seq: number;
}

/** Another host, by its last beat. */
export interface Rival {
  readonly host: string;
  /** By the store's clock. Negative: the clock went back. */
  readonly heardAgoMs: number;
  readonly isCandidate: boolean;
  /** Its last event, if it is ahead of the log. */
  readonly ahead: LastEvent | null;
}

export interface CandidacyOptions {
  readonly now: number;
  /** By which this host asks for the lease. */
  readonly id: string;
  readonly contact: Contact;
  readonly canRead: boolean;
  /** This host's last event of the fleet's log; `null`: it knows none. */
  readonly last: LastEvent | null;
  /** When it asked for the lease last. */
  readonly askedAt: number | null;
  /** When it resigned because it could not append. */
  readonly brokenAt: number | null;
  /** `null`: the hosts were not read since the lease was seen free. */
  readonly rivals: readonly Rival[] | null;
}

export type Candidacy =
  | { readonly kind: 'stand' }
  /** Read the hosts, and ask again at once. */
  | { readonly kind: 'look-around' }
  /** Not before the next beat; `untilMs`: nor before this time, as far as it is known. */
  | {
      readonly kind: 'wait';
      readonly why: 'no-contact' | 'unreadable' | 'broken' | 'held' | 'asked' | 'too-early' | 'rival';
      readonly until: number;
    };

export function candidacy(options: CandidacyOptions, times: FleetTimes): Candidacy {
  const { now, id, contact, canRead, last, askedAt, brokenAt, rivals } = options;
  if (contact.since === null) return { kind: 'wait', why: 'no-contact', until: now };
  if (!canRead) return { kind: 'wait', why: 'unreadable', until: now };

  const brokenUntil = after(brokenAt, times.brokenStandBackMs);
  if (brokenUntil > now) return { kind: 'wait', why: 'broken', until: brokenUntil };

  const { lease } = contact;
  const isHeld = lease !== null && lease.id !== id;
  if (isHeld && lease.endsAt > now) return { kind: 'wait', why: 'held', until: lease.endsAt };

  const askAt = after(askedAt, times.standEveryMs);
  if (askAt > now) return { kind: 'wait', why: 'asked', until: askAt };

  const readyAt = contact.since + times.standWaitMs;
  if (readyAt > now) return { kind: 'wait', why: 'too-early', until: readyAt };

  if (rivals === null) return { kind: 'look-around' };
  const backUntil = Math.max(readyAt, contact.leaseFreeSince ?? 0) + times.standBackMs;
  const hasBetter = rivals.some((rival) => isLive(rival, times) && isBetter(rival, last));
  return hasBetter && backUntil > now ? { kind: 'wait', why: 'rival', until: backUntil } : { kind: 'stand' };
}

/** A beat from the future is one from before the store's clock went back. */
const CLOCK_TOLERANCE_MS = 1_000;

function isLive({ heardAgoMs }: Rival, times: FleetTimes): boolean {
  return heardAgoMs < times.hostFreshMs && heardAgoMs > -CLOCK_TOLERANCE_MS;
}

function isBetter({ isCandidate, ahead }: Rival, last: LastEvent | null): boolean {
  if (!isCandidate || ahead === null) return false;
  if (last === null || ahead.at > last.at) return true;
  return ahead.at === last.at && ahead.seq > last.seq;
}

function after(at: number | null, ms: number): number {
  return at === null ? -Infinity : at + ms;
}
