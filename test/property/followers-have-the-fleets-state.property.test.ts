import fc from 'fast-check';
import { COMMAND_KINDS } from '../../control-plane/domain/command-types.js';
import type { CommandBody } from '../../control-plane/domain/commands.js';
import { decide } from '../../control-plane/domain/decide.js';
import type { World } from '../../control-plane/domain/decision.js';
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import { fold } from '../../control-plane/domain/evolve.js';
import { fleetOf, type FleetState, leaderState } from '../../control-plane/domain/fleet-state.js';
import { isShared } from '../../control-plane/domain/follow-fleet.js';
import { initialObservations } from '../../control-plane/domain/observations.js';
import { restoreState, serializeState } from '../../control-plane/domain/serialize.js';
import type { WorkerIncident } from '../../control-plane/domain/worker-incident.js';
import type { Scope } from '../../control-plane/domain/transaction.js';
import { EMPTY_WORLD, START } from '../support/domain.js';
import { commandsOf } from '../support/random-history.js';
import { anyHistory, type Step } from '../support/random-steps.js';

/** One who decides: a leader or a host, each with numbers of its own. */
class Decider {
  world: World;
  readonly events: TidegateEvent[] = [];
  readonly #scope: Scope;
  #id: number;

  constructor(world: World, scope: Scope, lastId: number) {
    this.world = world;
    this.#scope = scope;
    this.#id = lastId;
  }

  take(body: CommandBody, at: number): readonly TidegateEvent[] {
    this.#id += 1;
    const command = {
      ...body,
      id: this.#id,
      at: Math.max(at, this.world.state.at),
      seed: this.#id,
      actor: { kind: 'api' },
    } as const;
    const decision = decide(command, this.world, this.#scope);
    if (decision.kind === 'rejected') return [];
    this.world = decision.world;
    this.events.push(...decision.events);
    return decision.events;
  }
}

function leaderOf(fleet: FleetState): Decider {
  const world = { state: leaderState(fleet), observations: initialObservations() };
  const leader = new Decider(world, 'fleet', fleet.standing.command);
  leader.take(
    { type: 'TakeLead', epoch: fleet.standing.epoch + 7, host: 'a', incarnation: 'i', version: '1' },
    1,
  );
  return leader;
}

function newHost(fleet: FleetState): Decider {
  const host = new Decider(EMPTY_WORLD, 'host', 1_000_000);
  host.take({ type: 'StartPrimary', version: '1', pid: 1 }, START);
  host.take({ type: 'AdoptFleet', fleet, keepsVerdicts: false }, START);
  return host;
}

/** What a leader decides, and no host by itself. */
function isForTheFleet({ type }: CommandBody): boolean {
  return COMMAND_KINDS[type] === 'write' && type !== 'StartPrimary';
}

/** What workers did is also told to the leader, as often as it happens and then again with the next. */
class Incidents {
  #told: readonly WorkerIncident[] = [];

  of(step: Step, at: number): readonly CommandBody[] {
    if (step.kind !== 'worker') return [];
    const number = (this.#told.at(-1)?.number ?? 0) + 1 + (step.what % 2);
    const incident = { number, at, n: step.worker, pid: 1 };
    this.#told = [...this.#told, { ...incident, kind: 'exited', reason: 'signal SIGKILL' } as const].slice(
      -3,
    );
    const one = { host: 'b', incarnation: `${step.what === 5 ? 2 : 1}` };
    return [
      { type: 'RecordHostJoined', ...one, version: '1' },
      { type: 'RecordIncidents', ...one, incidents: this.#told },
      ...(step.what === 4 ? [{ type: 'RecordHostLeft', host: 'b', reason: 'silent' } as const] : []),
    ];
  }
}

/** What both must agree on; where they stand is compared apart. */
function shared({ standing: { hosts, incidents }, ...rest }: FleetState) {
  return { ...rest, hosts, incidents };
}

interface Lived {
  readonly leader: Decider;
  readonly host: Decider;
  /** Joined in the middle. */
  readonly late: Decider;
}

/** A leader and a host, which sees the leader's events some steps later and has checks and outcomes of its own. */
function lived(steps: readonly Step[], joinAt: number, lag: number): Lived {
  const leader = leaderOf(fleetOf(EMPTY_WORLD.state));
  const host = newHost(fleetOf(EMPTY_WORLD.state));
  let late: Decider | null = null;
  let told = 0;
  const incidents = new Incidents();
  let at = START;
  const follow = (): void => {
    const events = leader.events.slice(told);
    told = leader.events.length;
    for (const one of [host, late]) one?.take({ type: 'FollowFleet', events }, at);
  };
  steps.forEach((step, index) => {
    if (step.kind === 'tick') at += step.ms;
    for (const body of commandsOf(step, host.world, at)) (isForTheFleet(body) ? leader : host).take(body, at);
    for (const body of incidents.of(step, at)) leader.take(body, at);
    if (index % lag === 0) follow();
    if (index === joinAt % steps.length) {
      follow();
      late = newHost(fleetOf(host.world.state));
    }
  });
  follow();
  late ??= newHost(fleetOf(host.world.state));
  return { leader, host, late };
}

describe('hosts that follow', () => {
  it('have what the leader has, whatever they found out about backends, and whenever they joined', () => {
    fc.assert(
      fc.property(anyHistory, fc.nat(), fc.integer({ min: 1, max: 5 }), (steps, joinAt, lag) => {
        const { leader, host, late } = lived(steps, joinAt, lag);
        const has = fleetOf(host.world.state);
        expect(shared(has)).toEqual(shared(fleetOf(leader.world.state)));
        expect(has.standing).toMatchObject({ seq: leader.world.state.seq, epoch: leader.world.state.epoch });
        expect(fleetOf(late.world.state)).toEqual(has);
      }),
      { numRuns: 150 },
    );
  });

  it('have a log of their own from which their state can be had again', () => {
    fc.assert(
      fc.property(anyHistory, fc.nat(), (steps, joinAt) => {
        const { host, late } = lived(steps, joinAt, 2);
        for (const { events, world } of [host, late]) {
          expect(fold(EMPTY_WORLD.state, events)).toEqual(world.state);
          expect(restoreState(serializeState(world.state))).toEqual(world.state);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a leader', () => {
  it('writes nothing that only a host can judge', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        const { leader } = lived(steps, 0, 1);
        expect(leader.events.filter(({ type }) => !isShared(type))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
