/**
 * A host of a fleet as a process in virtual time: the real control loop over a log in memory, and the real member of the fleet over
 * the modelled store. It can be killed, after which it does nothing more, and started again on what it had stored.
 */
import { CommandStamps } from '../../../control-plane/runtime/command-stamps.js';
import { ControlLoop } from '../../../control-plane/runtime/control-loop.js';
import type { CommandBody } from '../../../control-plane/domain/commands.js';
import type { TidegateEvent } from '../../../control-plane/domain/events.js';
import type { LogStorage } from '../../../control-plane/event-log/log-storage.js';
import { createMemoryStorage } from '../../../control-plane/event-log/memory-storage.js';
import { FleetNode } from '../../../control-plane/fleet/fleet-node.js';
import { FLEET_TIMES } from '../../../control-plane/fleet/fleet-times.js';
import { isForTheFleet } from '../../../control-plane/fleet/fleet-writes.js';
import type { FleetOutcome } from '../../../control-plane/fleet/fleet-submit.js';
import type { TimerHandle, Timers } from '../../../shared/ports.js';
import type { Chance } from '../../simulation/chance.js';
import { silence } from '../silence.js';
import type { VirtualTime } from '../virtual-time.js';
import { ModelFleetStore } from './model-fleet-store.js';
import type { StoreNetwork } from './store-network.js';

export interface HostDeps {
  readonly time: VirtualTime;
  readonly network: StoreNetwork;
  readonly chance: Chance;
  readonly candidate?: boolean;
}

/** Timers of a process that may end or stand still. */
class StoppableTimers implements Timers {
  readonly #time: VirtualTime;
  #dead = false;
  #held: (() => void)[] | null = null;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    return this.#time.after(delayMs, () => {
      if (this.#dead) return;
      if (this.#held === null) callback();
      else this.#held.push(callback);
    });
  }

  /** SIGKILL. */
  kill(): void {
    this.#dead = true;
  }

  /** SIGSTOP. */
  stop(): void {
    this.#held = [];
  }

  /** SIGCONT. */
  resume(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const callback of held) callback();
  }
}

export class HostProcess {
  readonly name: string;
  readonly log: LogStorage;
  readonly store: ModelFleetStore;
  readonly loop: ControlLoop;
  readonly node: FleetNode;
  readonly timers: StoppableTimers;
  /** All that its own log has. */
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
    this.store = new ModelFleetStore(deps.network);
    const { time, chance } = deps;
    this.node = new FleetNode({
      store: this.store,
      loop: parts.loop,
      host: name,
      incarnation: `${name}-${chance.seed()}`,
      version: '1',
      candidate: deps.candidate ?? true,
      workers: () => [],
      times: FLEET_TIMES,
      timers: parts.timers,
      wall: time,
      now: () => time.now(),
      random: chance.random,
      stampsFrom: (last, clock) => {
        const stamps = new CommandStamps(last, { clock, seed: () => chance.seed(), logger: silence });
        return (draft) => stamps.stamp(draft);
      },
      logger: silence,
    });
  }

  /** @param log what the process before had stored */
  static async start(name: string, deps: HostDeps, log = createMemoryStorage()): Promise<HostProcess> {
    const { time, chance } = deps;
    const timers = new StoppableTimers(time);
    const events: TidegateEvent[] = [];
    const loop = await ControlLoop.open({
      log,
      clock: time,
      timers,
      seed: () => chance.seed(),
      logger: silence,
      changed: (_world, told) => void events.push(...told),
      fatal: (error) => {
        throw error;
      },
      dropped: () => undefined,
      store: { failed: () => undefined, recovered: () => undefined, entriesLost: () => undefined },
    });
    await loop.submit({ type: 'StartPrimary', version: '1', pid: 1, actor: { kind: 'primary' } });
    const host = new HostProcess(name, { log, loop, events, timers }, deps);
    void host.node.start();
    return host;
  }

  /** A write by an operator on this host. */
  write(body: CommandBody): Promise<FleetOutcome> {
    const draft = { ...body, actor: { kind: 'api', name: this.name } } as const;
    if (!isForTheFleet(draft)) throw new Error(`${body.type} is not for the fleet`);
    return this.node.submit(draft);
  }

  /** SIGKILL: nothing of it happens any more, not even to what is under way. */
  kill(): void {
    this.timers.kill();
    this.store.link.onBell = () => undefined;
    this.store.link.break();
    this.store.link.isCut = true;
  }

  get leads(): boolean {
    return this.node.status().leads;
  }
}
