/** A host that has founded a fleet, and the leader of that fleet. */
import type { CommandBody } from '../../control-plane/domain/commands.js';
import { decide } from '../../control-plane/domain/decide.js';
import type { World } from '../../control-plane/domain/decision.js';
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import { fleetOf, leaderState } from '../../control-plane/domain/fleet-state.js';
import { initialObservations } from '../../control-plane/domain/observations.js';
import { backendId } from '../../shared/ids.js';
import {
  breaker,
  definition,
  documentOf,
  healthCheck,
  POOL,
  poolSettings,
  type Story,
  storyOf,
} from './domain.js';

export const A = backendId('a');
export const DOCUMENT = documentOf(poolSettings({ healthCheck: healthCheck(), breaker: breaker() }), [
  definition('a'),
]);

/** A leader of a fleet that this host has founded. */
export function leaderFor(host: Story): (body: CommandBody, at?: number) => readonly TidegateEvent[] {
  const fleet = fleetOf(host.world.state);
  let world: World = { state: leaderState(fleet), observations: initialObservations() };
  let id = fleet.standing.command;
  return (body, at = 5) => {
    id += 1;
    const command = { ...body, id, at, seed: 1, actor: { kind: 'api', name: 'alice' } } as const;
    const decision = decide(command, world, 'fleet');
    if (decision.kind === 'rejected') throw new Error(decision.rejection.message);
    world = decision.world;
    return decision.events;
  };
}

/** A host that founded a fleet with `DOCUMENT`, whose backend is healthy, and the leader. */
export function founded() {
  const host = storyOf(DOCUMENT);
  passCheck(host);
  const leader = leaderFor(host);
  host.when({ type: 'AdoptFleet', fleet: fleetOf(host.world.state), keepsVerdicts: true });
  host.when({ type: 'FollowFleet', events: leader({ type: 'FoundFleet', epoch: 9, host: 'one' }) });
  return { host, leader };
}

/** A worker of this host died. What a leader is told of it. */
export function deathOn(host: string, n: number): readonly CommandBody[] {
  const incarnation = `${host}-1`;
  const death = { kind: 'exited', number: 1, at: 5, n, pid: 7, reason: 'signal SIGKILL' } as const;
  return [
    { type: 'RecordHostJoined', host, incarnation, version: '1' },
    { type: 'RecordIncidents', host, incarnation, incidents: [death] },
  ];
}

/** The check of backend `a` passes. */
export function passCheck(host: Story): void {
  const result = { at: host.at, passed: true, durationMs: 1, status: 200 };
  const { generation } = host.backend('a');
  host.when({ type: 'RecordHealthCheck', pool: POOL, backend: A, generation, result });
}
