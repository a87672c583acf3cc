/**
 * What an answer to an append means for the batch, and for the term of the leader that sent it. Pure; `term.ts` sends and reads.
 *
 * A term writes batch after batch, and each has a command of a higher number. So one number in the head tells whether a batch of
 * unknown outcome is stored. Whatever else the store shows means that writes were lost or that another leads: then the term ends,
 * and the batch is never given another place in it. It may stand at the next position in a history that a follower has read.
 */
import type { Appended, FleetPosition, Found, Head, Lease } from './fleet-store.js';

/** A batch under way. */
export interface PendingAppend {
  /** The leader's term. */
  readonly epoch: number;
  /** The last event before the batch. */
  readonly after: FleetPosition;
  readonly command: number;
  /** It was sent before, and nobody knows what became of it. */
  readonly isRepeated: boolean;
}

export type TermEnd =
  /** The lease is over, or another has it. */
  | 'fenced'
  /** The log is gone. */
  | 'lost'
  /** The log does not end where this leader left it. */
  | 'changed'
  /** The batch was late when it was sent again: it may stand in a history that is lost. */
  | 'late';

export type AppendVerdict =
  /** The batch is stored. */
  | { readonly kind: 'done' }
  /** It is not stored: send the same batch again, now as a repeated one. */
  | { readonly kind: 'again' }
  /** Nobody knows: read the head, over a connection that works. */
  | { readonly kind: 'look' }
  /** It came too late, is not stored and never will be. The term goes on. */
  | { readonly kind: 'void' }
  | { readonly kind: 'term-over'; readonly end: TermEnd };

/**
 * | answer                                                | verdict                        |
 * | ----------------------------------------------------- | ------------------------------ |
 * | ok                                                    | done                           |
 * | conflict, and the head is of this term and command    | done: an earlier copy came in  |
 * | conflict                                              | term over: changed             |
 * | fenced; lost                                          | term over: fenced; lost        |
 * | late, sent once                                       | void                           |
 * | late, repeated                                        | term over: late                |
 * | unavailable                                           | look                           |
 */
export function afterAppend(pending: PendingAppend, answer: Appended): AppendVerdict {
  switch (answer.kind) {
    case 'ok':
      return { kind: 'done' };
    case 'conflict':
      return hasBatch(pending, answer.head.epoch, answer.command) ? { kind: 'done' } : over('changed');
    case 'late':
      return pending.isRepeated ? over('late') : { kind: 'void' };
    case 'fenced':
    case 'lost':
      return over(answer.kind);
    case 'unavailable':
      return { kind: 'look' };
  }
}

/**
 * | head, read after an unknown outcome       | verdict            |
 * | ----------------------------------------- | ------------------ |
 * | of this term and command, or a later one  | done               |
 * | where the batch goes on                   | again              |
 * | none                                      | term over: lost    |
 * | anywhere else                             | term over: changed |
 * | unavailable                               | look               |
 */
export function afterLook(pending: PendingAppend, found: Found<Head | null>): AppendVerdict {
  if (found.kind === 'unavailable') return { kind: 'look' };
  const head = found.value;
  if (head === null) return over('lost');
  if (hasBatch(pending, head.epoch, head.command)) return { kind: 'done' };
  const isBefore = head.epoch === pending.after.epoch && head.seq === pending.after.seq;
  return isBefore ? { kind: 'again' } : over('changed');
}

export interface LeaderSight {
  readonly id: string;
  readonly epoch: number;
  /** The last event of which the leader knew that it is stored, when the beat was sent. */
  readonly stored: FleetPosition;
}

/** What the answer to a beat means for a leader: how its term has ended, or `null`. */
export function afterBeat(sight: LeaderSight, lease: Lease | null, head: Head | null): TermEnd | null {
  if (lease === null || lease.id !== sight.id || lease.epoch !== sight.epoch) return 'fenced';
  if (head === null) return 'lost';
  if (head.seq < sight.stored.seq) return 'changed';
  return head.seq === sight.stored.seq && head.epoch !== sight.stored.epoch ? 'changed' : null;
}

function hasBatch(pending: PendingAppend, epoch: number, command: number): boolean {
  return epoch === pending.epoch && command >= pending.command;
}

function over(end: TermEnd): AppendVerdict {
  return { kind: 'term-over', end };
}
