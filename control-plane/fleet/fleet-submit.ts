/** Takes a write of this host to where it is decided: to its own term if it leads, else to the leader. */
import type { CommandDraft } from '../domain/commands.js';
import type { Rejection } from '../domain/decision.js';
import type { FleetMode } from './fleet-mode.js';
import type { RemoteWrites } from './remote-writes.js';
import type { Term } from './term.js';

export type FleetOutcome =
  | { readonly kind: 'accepted'; readonly events: number }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  | { readonly kind: 'mailbox-full' }
  /** Nothing can be written now, and nothing was. */
  | { readonly kind: 'read-only'; readonly reason: string }
  /** It may have been carried out, or not. `null`: it was not posted, so nothing can be looked up. */
  | { readonly kind: 'unknown'; readonly nonce: string | null };

/** Why a host goes on by itself, for operators. */
export const WHY_ALONE: { readonly [W in Extract<FleetMode, { kind: 'autonomous' }>['why']]: string } = {
  'no-answer': 'Redis does not answer',
  refused: 'the fleet does not take this host',
  'no-leader': 'the fleet has no leader',
  behind: "this host cannot follow the fleet's log",
};

const NO_TERM = 'another host is to lead the fleet';

interface SubmitOptions {
  readonly mode: FleetMode;
  /** The term of this host, if it leads. */
  readonly term: Term | null;
  readonly remote: RemoteWrites;
  /** What the store refuses, in one sentence; `null`: nothing. */
  readonly refusal: string | null;
  /** Follows the fleet's log until this host has an event. False: it cannot. */
  readonly reach: (seq: number) => Promise<boolean>;
}

export async function submitToFleet(
  draft: CommandDraft,
  { mode, term, remote, refusal, reach }: SubmitOptions,
): Promise<FleetOutcome> {
  if (mode.kind === 'autonomous') {
    // What Redis refuses is the cause of all else but of that the fleet does not take this host.
    const cause = mode.why === 'refused' ? null : refusal;
    return { kind: 'read-only', reason: cause ?? WHY_ALONE[mode.why] };
  }
  if (term !== null) {
    const outcome = await term.submit(draft);
    if (outcome.kind === 'not-done') return { kind: 'read-only', reason: NO_TERM };
    if (outcome.kind === 'accepted') return { kind: 'accepted', events: outcome.events };
    return outcome.kind === 'unknown' ? { kind: 'unknown', nonce: null } : outcome;
  }
  const outcome = await remote.submit(draft);
  switch (outcome.kind) {
    case 'accepted':
      // What is not in force here must not be shown as the result. Whoever looks the write up is told that it was carried out.
      return (await reach(outcome.seq))
        ? { kind: 'accepted', events: outcome.events }
        : { kind: 'unknown', nonce: outcome.nonce };
    case 'rejected':
      return { kind: 'rejected', rejection: { code: outcome.code, message: outcome.message } };
    case 'unknown':
      return outcome;
    case 'not-posted':
      return { kind: 'read-only', reason: outcome.reason };
    case 'expired':
    case 'moved':
      return { kind: 'read-only', reason: NO_TERM };
  }
}
