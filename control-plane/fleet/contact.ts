/**
 * What a host has seen of the store, beat by beat: since when it is in contact, where the log ends and who leads. Pure: times are
 * of the host's monotonic clock. `candidacy.ts` and `fleet-mode.ts` decide by it.
 *
 * Contact begins anew when a beat shows that the store is another one, or lost something: what hosts told of themselves may be lost
 * then, too, and has to be told again before anybody draws a conclusion from it. A candidate that was given the lease therefore
 * beats once more before it leads; if its contact began anew by that, it resigns.
 */
import type { FleetTimes } from './fleet-times.js';
import type { BeatRefusal, FleetPosition, Head, Lease } from './fleet-store.js';
import type { Place } from './follow-plan.js';

export interface Contact {
  /** When the first of those beats was answered that have been answered ever since, by one store. `null`: the last was not. */
  readonly since: number | null;
  /** Why the last beat was refused; `null`: it was not. */
  readonly refusal: BeatRefusal | null;
  /** When a beat was answered last, and its number. */
  readonly answeredAt: number | null;
  readonly number: number;
  /** The connection that it came over. */
  readonly connection: number;
  /** What the store's clock was ahead of the host's. */
  readonly clockAheadMs: number;
  /** Where the log ended. */
  readonly head: FleetPosition | null;
  /** Since when beats show that the lease may be had. */
  readonly leaseFreeSince: number | null;
  /** The live lease that was seen last, and when it ends unless it is renewed. */
  readonly lease: { readonly id: string; readonly host: string; readonly endsAt: number } | null;
  /** When this host last was at the end of the log, or ahead of it, under a live lease. */
  readonly followedAt: number | null;
}

export const NO_CONTACT: Contact = {
  since: null,
  refusal: null,
  answeredAt: null,
  number: 0,
  connection: 0,
  clockAheadMs: 0,
  head: null,
  leaseFreeSince: null,
  lease: null,
  followedAt: null,
};

/** The answer to a beat (`Beaten`), when it came. */
export interface BeatAnswer {
  readonly now: number;
  /** Of the beat. */
  readonly number: number;
  readonly previous: number;
  readonly connection: number;
  readonly time: number;
  readonly lease: Lease | null;
  readonly head: Head | null;
}

/** @param answer to the beat; why the store refused it; `null`: none came */
export function contactAfterBeat(
  contact: Contact,
  answer: BeatAnswer | BeatRefusal | null,
  times: FleetTimes,
): Contact {
  if (answer === null || typeof answer === 'string') return { ...contact, since: null, refusal: answer };
  const { now, number, connection, time, lease, head } = answer;
  const since = contact.since !== null && isSameStore(contact, answer, times) ? contact.since : now;
  const isLive = lease !== null && isLeaseLive(lease.leftMs, times);
  return {
    since,
    refusal: null,
    answeredAt: now,
    number,
    connection,
    clockAheadMs: time - now,
    head: head && { epoch: head.epoch, seq: head.seq },
    leaseFreeSince: isLive ? null : Math.max(since, contact.leaseFreeSince ?? now),
    lease: isLive ? { id: lease.id, host: lease.host, endsAt: now + lease.leftMs } : null,
    followedAt: contact.followedAt,
  };
}

/**
 * | the beat shows                                             | the store |
 * | ---------------------------------------------------------- | --------- |
 * | another connection                                         | may be another one |
 * | not the beat before                                        | lost something     |
 * | a log that is gone, shorter, or ends in another term       | lost something     |
 * | a clock that stepped: no answer takes longer than `callMs` | may be another one |
 * | else                                                       | is the same        |
 */
function isSameStore(contact: Contact, answer: BeatAnswer, times: FleetTimes): boolean {
  const stepMs = answer.time - answer.now - contact.clockAheadMs;
  if (answer.connection !== contact.connection || Math.abs(stepMs) > times.callMs) return false;
  return answer.previous >= contact.number && !hasLost(contact.head, answer.head);
}

function hasLost(before: FleetPosition | null, head: FleetPosition | null): boolean {
  if (before === null) return false;
  if (head === null || head.seq < before.seq) return true;
  return head.seq === before.seq && head.epoch !== before.epoch;
}

/** A lease that ends later than one can last is over: the store's clock went back. */
export function isLeaseLive(leftMs: number, times: FleetTimes): boolean {
  return leftMs > 0 && leftMs <= times.leaseMs;
}

/** After the host has compared itself with the end of the log, and followed as far as it could. */
export function contactAtPlace(contact: Contact, now: number, place: Place): Contact {
  const isThere = place === 'at-head' || place === 'ahead';
  const hasLeader = contact.lease !== null && contact.lease.endsAt > now;
  return isThere && hasLeader ? { ...contact, followedAt: now } : contact;
}
