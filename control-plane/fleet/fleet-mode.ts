/**
 * Whether a host follows the fleet or is on its own. One rule, so that a store that is gone, a fleet without leader, a log
 * that cannot be read and a host that never catches up are one case. Pure: times are of the host's monotonic clock.
 *
 * | within …                                                                          | mode       |
 * | --------------------------------------------------------------------------------- | ---------- |
 * | `unansweredMs` no beat was answered, or taken                                     | autonomous |
 * | `followMs` the host was not at the end of the log, or ahead, under a live lease   | autonomous |
 * | else                                                                              | following  |
 */
import type { Contact } from './contact.js';
import type { FleetTimes } from './fleet-times.js';

export type FleetMode =
  | { readonly kind: 'following' }
  | { readonly kind: 'autonomous'; readonly why: 'no-answer' | 'refused' | 'no-leader' | 'behind' };

export function fleetMode(contact: Contact, now: number, times: FleetTimes): FleetMode {
  const { refusal, answeredAt, followedAt, lease } = contact;
  const isAnswered = answeredAt !== null && now - answeredAt < times.unansweredMs;
  if (!isAnswered) return { kind: 'autonomous', why: refusal === null ? 'no-answer' : 'refused' };
  if (followedAt !== null && now - followedAt < times.followMs) return { kind: 'following' };
  return { kind: 'autonomous', why: lease === null || lease.endsAt <= now ? 'no-leader' : 'behind' };
}
