/** Lets the host of a `TestControl` found a fleet and follow what its leader decides. */
import type { CommandBody } from '../../../control-plane/domain/commands.js';
import { fleetOf } from '../../../control-plane/domain/fleet-state.js';
import type { TestControl } from '../control-port.js';
import { leaderFor } from '../fleet-story.js';
import { HOST } from '../workers.js';

const ACTOR = { kind: 'primary' } as const;

/** Answers what decides a command in the fleet and has the host follow it. */
export async function foundFleet({
  story,
  send,
}: Pick<TestControl, 'story' | 'send'>): Promise<(body: CommandBody) => Promise<void>> {
  const leader = leaderFor(story);
  const fleet = fleetOf(story.world.state);
  await send({ type: 'AdoptFleet', fleet, keepsVerdicts: true, actor: ACTOR });
  const decide = async (body: CommandBody): Promise<void> => {
    await send({ type: 'FollowFleet', events: leader(body), actor: ACTOR });
  };
  await decide({ type: 'FoundFleet', epoch: 9, host: HOST });
  return decide;
}
