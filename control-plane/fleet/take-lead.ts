/**
 * What a host does between winning the lease and its first write as leader: it follows to the end of the log; where the log is gone or
 * ends before what this host knows, it puts its own state there, with the last events that led to it; where there never was a fleet,
 * it founds one.
 */
import { initialObservations } from '../domain/observations.js';
import type { Command, CommandDraft } from '../domain/commands.js';
import { decide } from '../domain/decide.js';
import type { World } from '../domain/decision.js';
import { fleetOf, type FleetState, leaderState } from '../domain/fleet-state.js';
import { eventTexts, snapshotOf } from './fleet-codec.js';
import type { FleetPosition, FleetStore, Head, Restored, Term } from './fleet-store.js';
import type { Follower } from './follower.js';
import type { OwnLoop } from './own-loop.js';

export interface TakeLeadDeps {
  readonly store: Pick<FleetStore, 'restore'>;
  readonly follower: Follower;
  readonly loop: OwnLoop;
  readonly host: string;
  /** What a history is put back with; `null`: the secret in the store stays, if there is one. */
  readonly secret: string | null;
}

/** Where a term begins. */
export interface TermStart {
  readonly world: World;
  readonly at: FleetPosition;
  /** The store had lost history, which this host has put back. */
  readonly isRestored: boolean;
}

type Taken =
  | { readonly kind: 'ready'; readonly start: TermStart; readonly stamp: (draft: CommandDraft) => Command }
  | { readonly kind: 'failed'; readonly reason: string };

/** @param stampsFrom gives commands their numbers, which go on from one, and their time, not before one */
export async function takeLead(
  term: Term,
  deps: TakeLeadDeps,
  stampsFrom: (last: { readonly commandId: number; readonly at: number }) => (draft: CommandDraft) => Command,
): Promise<Taken> {
  const { follower, loop } = deps;
  const followed = await follower.catchUp();
  if (followed.kind === 'unreadable') return { kind: 'failed', reason: followed.problem };
  if (followed.kind !== 'there') return { kind: 'failed', reason: followed.reason };
  const { place, head } = followed;
  if (place === 'nowhere' || place === 'ahead') return restore(term, head, deps, stampsFrom);
  if (place !== 'at-head' || head === null) {
    return { kind: 'failed', reason: "the fleet's log could not be followed to its end" };
  }
  const fleet = fleetOf(loop.world.state);
  const stamp = stampsFrom({
    commandId: Math.max(head.command, fleet.standing.command),
    at: fleet.standing.at,
  });
  return {
    kind: 'ready',
    start: { world: worldOf(fleet), at: { epoch: head.epoch, seq: head.seq }, isRestored: false },
    stamp,
  };
}

async function restore(
  term: Term,
  head: Head | null,
  { store, follower, loop, host, secret }: TakeLeadDeps,
  stampsFrom: Parameters<typeof takeLead>[2],
): Promise<Taken> {
  const isNew = loop.world.state.fleet === null;
  const fleet = isNew ? foundedBy(term, fleetOf(loop.world.state)) : fleetOf(loop.world.state);
  const { seq, command, at } = fleet.standing;
  const stamp = stampsFrom({ commandId: command, at });
  const named = { epoch: term.epoch, host, actor: { kind: 'primary', name: host } } as const;
  const first = stamp(
    isNew
      ? { type: 'FoundFleet', ...named }
      : { type: 'RecordHistoryLost', ...named, from: head?.seq ?? 0, to: seq },
  );
  const decision = decide(first, worldOf(fleet), 'fleet');
  if (decision.kind === 'rejected') return { kind: 'failed', reason: decision.rejection.message };
  const [event = ''] = eventTexts(decision.events);
  const putBack = (): Promise<Restored> =>
    store.restore({
      ...term,
      head: head === null ? null : { epoch: head.epoch, seq: head.seq },
      snapshot: snapshotOf(fleet),
      tail: isNew ? [] : follower.recent(fleet.standing),
      command: first.id,
      event,
      // A host that has started since the loss may have stored another. The hosts of this history have this one.
      ...(isNew || secret === null ? {} : { secret }),
    });
  const restored = isNew ? await follower.found(fleet, putBack) : await putBack();
  if (restored.kind !== 'ok') {
    return { kind: 'failed', reason: `the fleet's history could not be put back: ${restored.kind}` };
  }
  await follower.take(decision.events);
  const end = { epoch: term.epoch, seq: restored.seq };
  const start = { world: decision.world, at: end, isRestored: !isNew };
  return { kind: 'ready', start, stamp };
}

/**
 * Where the log begins. Another host that founds a fleet with something else, and as many events, must not seem to stand there. What the
 * host brings with it has times by its own clock: a clock that is ahead would put the fleet ahead for good, whose time never goes back.
 */
function foundedBy({ epoch }: Term, fleet: FleetState): FleetState {
  return { ...fleet, standing: { ...fleet.standing, epoch, at: 0 } };
}

function worldOf(fleet: FleetState): World {
  return { state: leaderState(fleet), observations: initialObservations() };
}
