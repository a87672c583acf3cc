/**
 * What a host has to do to know what the fleet's log knows. Pure: it is told where the host stands, where the log ends and what
 * was read so far, and says what comes next. `follower.ts` reads and follows.
 *
 * A host that knows more than the log (`ahead`) keeps what it knows: the log lost events that may exist nowhere else. It gives
 * them up only when the log has left the host's own past, because then others have gone on without them.
 */
import type { FleetTerm } from '../domain/fleet-standing.js';
import type { FleetPosition, Head, LogEntry, StoredSnapshot } from './fleet-store.js';

/** Where a host stands, and by which terms it came there, as far as it remembers them: a part of `FleetStanding`. */
export interface Followed extends FleetPosition {
  readonly terms: readonly FleetTerm[];
}

/** A host that is further behind than this adopts the snapshot, if that is newer than itself. Bounds what is read at once. */
export const MAX_EVENTS_BEHIND = 10_000;

/**
 * Where a host stands in relation to the end of the log.
 *
 * | own position | log                                 | place     |
 * | ------------ | ----------------------------------- | --------- |
 * | none         | none                                | `nowhere` |
 * | none         | any                                 | `apart`   |
 * | any          | none                                | `ahead`   |
 * | any          | ends there                          | `at-head` |
 * | any          | ends in the host's own past         | `ahead`   |
 * | any          | ends later                          | `behind`  |
 * | any          | ends elsewhere                      | `apart`   |
 */
export type Place = 'nowhere' | 'ahead' | 'at-head' | 'behind' | 'apart';

export function placeOf(own: Followed | null, head: FleetPosition | null): Place {
  if (own === null) return head === null ? 'nowhere' : 'apart';
  if (head === null) return 'ahead';
  if (isSame(own, head)) return 'at-head';
  if (head.seq > own.seq) return 'behind';
  return head.seq < own.seq && epochAt(own.terms, head.seq) === head.epoch ? 'ahead' : 'apart';
}

/** The term that wrote event `seq` in the history of these terms; `null`: too long ago to tell. */
function epochAt(terms: readonly FleetTerm[], seq: number): number | null {
  return terms.findLast(({ first }) => first <= seq)?.epoch ?? null;
}

/** Entries that were read one after the other. */
export interface EntriesRead {
  readonly entries: readonly LogEntry[];
  /** The last read gave fewer entries than it could have. */
  readonly isEnd: boolean;
}

export type FollowPlan =
  /** There is nothing to follow: the host is where the log ends, or neither has anything. */
  | { readonly kind: 'up-to-date' }
  /** These events lead from the own position to the end of the log. All of them at once: the log ends where a batch does. */
  | { readonly kind: 'follow'; readonly entries: readonly LogEntry[] }
  /** Read from this number on, add it to what was read, and ask again. */
  | { readonly kind: 'read'; readonly from: number }
  /** The own history does not lead there: read the snapshot, the log from its position on, and then the head; see `planAdoption`. */
  | { readonly kind: 'adopt' }
  /** The host knows more than the log. It waits. */
  | { readonly kind: 'ahead' };

export interface FollowOptions {
  readonly own: Followed | null;
  /** The end of the log, read before the entries. */
  readonly head: Head | null;
  /** `null`: nothing was read yet. */
  readonly read: EntriesRead | null;
}

export function planFollow({ own, head, read }: FollowOptions): FollowPlan {
  const place = placeOf(own, head);
  if (place === 'ahead') return { kind: 'ahead' };
  if (place === 'nowhere' || place === 'at-head') return { kind: 'up-to-date' };
  if (place === 'apart' || own === null || head === null) return { kind: 'adopt' };
  if (own.seq + 1 < head.first || head.snapshot - own.seq > MAX_EVENTS_BEHIND) return { kind: 'adopt' };
  const chain = chainTo(own, head, read);
  if (chain.kind === 'broken') return { kind: 'adopt' };
  return chain.kind === 'whole' ? { kind: 'follow', entries: chain.entries } : chain;
}

export type AdoptionPlan =
  /** The snapshot, and then these events, are what the log knows. */
  | { readonly kind: 'adopt'; readonly entries: readonly LogEntry[] }
  | { readonly kind: 'read'; readonly from: number }
  /** The log has changed meanwhile, or there is nothing to adopt: begin again with the head. */
  | { readonly kind: 'look-again' };

export interface AdoptionOptions {
  readonly own: Followed | null;
  readonly snapshot: StoredSnapshot | null;
  /** From the snapshot's position on; `null`: nothing was read yet. */
  readonly read: EntriesRead | null;
  /** The end of the log, read last of all. A host may find by it that it is ahead, and then adopts nothing. */
  readonly head: Head | null;
}

export function planAdoption({ own, snapshot, read, head }: AdoptionOptions): AdoptionPlan {
  const place = placeOf(own, head);
  const canAdopt = place === 'apart' || place === 'behind';
  if (snapshot === null || head === null || !canAdopt) return { kind: 'look-again' };
  const chain = chainTo(snapshot.position, head, read);
  if (chain.kind === 'broken') return { kind: 'look-again' };
  return chain.kind === 'whole' ? { kind: 'adopt', entries: chain.entries } : chain;
}

type Chain =
  | { readonly kind: 'whole'; readonly entries: readonly LogEntry[] }
  | { readonly kind: 'read'; readonly from: number }
  | { readonly kind: 'broken' };

const BROKEN: Chain = { kind: 'broken' };

/**
 * The events after `from` up to the end of the log, if the entries show without a gap that they go on from there. The log proves
 * it with the entry at `from` itself, or with the position that its history began at.
 */
function chainTo(from: FleetPosition, head: Head, read: EntriesRead | null): Chain {
  if (isSame(from, head)) return { kind: 'whole', entries: [] };
  if (head.seq <= from.seq) return BROKEN;
  if (read === null) return { kind: 'read', from: from.seq };
  const isBase = isSame(head.base, from);
  const [first] = read.entries;
  const hasOwn = first !== undefined && isSame(first.position, from);
  if (first !== undefined && !hasOwn && !isBase) return BROKEN;
  const entries = read.entries.filter(({ position }) => position.seq > from.seq && position.seq <= head.seq);
  if (entries.some(({ position }, index) => position.seq !== from.seq + 1 + index)) return BROKEN;
  const last = entries.at(-1)?.position ?? from;
  if (last.seq === head.seq) return isSame(last, head) ? { kind: 'whole', entries } : BROKEN;
  return read.isEnd ? BROKEN : { kind: 'read', from: last.seq + 1 };
}

function isSame(a: FleetPosition, b: FleetPosition): boolean {
  return a.epoch === b.epoch && a.seq === b.seq;
}
