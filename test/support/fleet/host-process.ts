/**
 * A host of a fleet as a process in virtual time: the real control loop over a log in memory, and the real member of the fleet over
 * the modelled store. It can be killed, after which it does nothing more, stopped for a time, and started again on what it had stored.
 */
import { CommandStamps } from '../../../control-plane/runtime/command-stamps.js';
import { ControlLoop } from '../../../control-plane/runtime/control-loop.js';
import type { CommandBody } from '../../../control-plane/domain/commands.js';
import type { Actor } from '../../../control-plane/domain/actor.js';
import type { World } from '../../../control-plane/domain/decision.js';
import type { WorkerIncident } from '../../../control-plane/domain/worker-incident.js';
import type { TidegateEvent } from '../../../control-plane/domain/events.js';
import type { LogStorage } from '../../../control-plane/event-log/log-storage.js';
import { createMemoryStorage } from '../../../control-plane/event-log/memory-storage.js';
import { FleetNode } from '../../../control-plane/fleet/fleet-node.js';
import { FLEET_TIMES } from '../../../control-plane/fleet/fleet-times.js';
import { isForTheFleet } from '../../../control-plane/fleet/fleet-writes.js';
import type { FleetOutcome } from '../../../control-plane/fleet/fleet-submit.js';
import type { FleetStore } from '../../../control-plane/fleet/fleet-store.js';
import type { Clock, Logger } from '../../../shared/ports.js';
import type { Chance } from '../../simulation/chance.js';
import { silence } from '../silence.js';
import { ProcessTimers, type VirtualTime } from '../virtual-time.js';
import { ModelFleetStore } from './model-fleet-store.js';
import type { StoreNetwork } from './store-network.js';

export interface HostDeps {
  readonly time: VirtualTime;
  readonly network: StoreNetwork;
  readonly chance: Chance;
  /** Whether it may lead; unless given, it may. */
  readonly candidate?: boolean;
  /** Of all hosts. */
  readonly secret?: string;
  /** What the host's own clock is ahead. */
  readonly clockAheadMs?: number;
  readonly logger?: Logger;
  /** What happened to its workers, by its own clock. */
  readonly incidents?: () => readonly WorkerIncident[];
  /** The store as the host finds it, if not as it is. */
  readonly seenStore?: (store: ModelFleetStore, loop: ControlLoop) => FleetStore;
  /** As the options of the control loop have it. */
  readonly changed?: (world: World, events: readonly TidegateEvent[]) => void;
}

export class HostProcess {
  readonly name: string;
  readonly log: LogStorage;
  readonly store: ModelFleetStore;
  readonly loop: ControlLoop;
  readonly node: FleetNode;
  readonly timers: ProcessTimers;
  /** All that it has recorded in its own log. */
  readonly events: TidegateEvent[];

  private constructor(
    name: string,
    parts: Pick<HostProcess, 'log' | 'loop' | 'events' | 'timers'>,
    deps: HostDeps,
  ) {
    this.name = name;
    this.log = parts.log;
    this.loop = parts.loop;
    this.events = parts.events;
    this.timers = parts.timers;
    this.store = new ModelFleetStore(deps.network, (arrived) => parts.timers.deliver(arrived));
    const { time, chance, logger = silence } = deps;
    const beganAt = time.now();
    this.node = new FleetNode({
      store: deps.seenStore?.(this.store, parts.loop) ?? this.store,
      loop: parts.loop,
      host: name,
      incarnation: `${name}-${chance.seed()}`,
      version: '1',
      secret: deps.secret ?? null,
      candidate: deps.candidate ?? true,
      judges: true,
      workers: () => [],
      incidents: deps.incidents ?? (() => []),
      times: FLEET_TIMES,
      timers: parts.timers,
      wall: clockOf(deps),
      now: () => time.now() - beganAt,
      random: chance.random,
      stampsFrom: (last, clock) => {
        const stamps = new CommandStamps(last, { clock, seed: () => chance.seed(), logger: silence });
        return (draft) => stamps.stamp(draft);
      },
      logger,
    });
  }

  /** @param open what the process before had stored */
  static async start(
    name: string,
    deps: HostDeps,
    open: LogStorage | ((timers: ProcessTimers) => LogStorage) = createMemoryStorage(),
  ): Promise<HostProcess> {
    const { time, chance, logger = silence, changed } = deps;
    const timers = new ProcessTimers(time);
    const events: TidegateEvent[] = [];
    const log = typeof open === 'function' ? open(timers) : open;
    const loop = await ControlLoop.open({
      log,
      clock: clockOf(deps),
      timers,
      seed: () => chance.seed(),
      logger,
      changed: (world, told) => {
        events.push(...told);
        changed?.(world, told);
      },
      fatal: (error) => {
        throw error;
      },
      dropped: () => undefined,
      store: { failed: () => undefined, recovered: () => undefined, entriesLost: () => undefined },
    });
    await loop.submit({ type: 'StartPrimary', version: '1', pid: 1, actor: { kind: 'primary' } });
    return new HostProcess(name, { log, loop, events, timers }, deps);
  }

  /** Becomes a member of its fleet. */
  join(): void {
    void this.node.start();
  }

  /** A write by an operator on this host. */
  write(body: CommandBody, actor: Actor = { kind: 'api', name: this.name }): Promise<FleetOutcome> {
    const draft = { ...body, actor };
    if (!isForTheFleet(draft)) throw new Error(`${body.type} is not for the fleet`);
    return this.node.submit(draft);
  }

  /** SIGKILL: nothing of it happens any more, not even to what is under way. */
  kill(): void {
    this.timers.die();
    this.store.link.break();
    this.store.link.isCut = true;
  }

  /** SIGSTOP. */
  stop(): void {
    this.timers.stop();
  }

  /** SIGCONT. */
  resume(): void {
    this.timers.resume();
  }

  get leads(): boolean {
    return this.node.status().leads;
  }
}

function clockOf({ time, clockAheadMs = 0 }: HostDeps): Clock {
  return { now: () => time.now() + clockAheadMs };
}
