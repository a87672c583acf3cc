/**
 * What a host has seen of the store, beat by beat: since when it is in contact, whether there is a log and who leads. Pure:
 * times are of the host's monotonic clock. `candidacy.ts` and `fleet-mode.ts` decide by it.
 */
import type { FleetTimes } from './fleet-times.js';
import type { Head, Lease } from './fleet-store.js';
import type { Place } from './follow-plan.js';

export interface Contact {
  /** The connection that the last answered beat came over. */
  readonly connection: number;
  /** When the first beat of those was answered that have been answered ever since, over one connection. `null`: the last was not. */
  readonly since: number | null;
  /** When a beat was answered last. */
  readonly answeredAt: number | null;
  /** Since when beats show that there is no log. */
  readonly headMissingSince: number | null;
  /** Since when beats show that another host may have the lease. */
  readonly leaseFreeSince: number | null;
  /** The live lease that was seen last, and when it ends unless it is renewed. */
  readonly lease: { readonly id: string; readonly host: string; readonly endsAt: number } | null;
  /** When this host last was at the end of the log, or ahead of it, under a live lease. */
  readonly followedAt: number | null;
}

export const NO_CONTACT: Contact = {
  connection: 0,
  since: null,
  answeredAt: null,
  headMissingSince: null,
  leaseFreeSince: null,
  lease: null,
  followedAt: null,
};

export interface BeatAnswer {
  /** When the answer came. */
  readonly now: number;
  readonly connection: number;
  readonly lease: Lease | null;
  readonly head: Head | null;
}

/** `null`: the beat was not answered. */
export function contactAfterBeat(contact: Contact, answer: BeatAnswer | null, times: FleetTimes): Contact {
  if (answer === null) return { ...contact, since: null };
  const { now, connection, lease, head } = answer;
  const isUnbroken = contact.since !== null && contact.connection === connection;
  const isLive = lease !== null && isLeaseLive(lease.leftMs, times);
  return {
    connection,
    since: isUnbroken ? contact.since : now,
    answeredAt: now,
    headMissingSince: head !== null ? null : isUnbroken ? (contact.headMissingSince ?? now) : now,
    leaseFreeSince: isLive ? null : isUnbroken ? (contact.leaseFreeSince ?? now) : now,
    lease: isLive ? { id: lease.id, host: lease.host, endsAt: now + lease.leftMs } : null,
    followedAt: contact.followedAt,
  };
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
