/**
 * A host of a simulated fleet with all that it has: the real member of the fleet and control loop (`HostProcess`), the real
 * host with its supervisor, and workers that route and forward. Workers are told what the control loop follows.
 */
import type { TidegateEvent } from '../../../control-plane/domain/events.js';
import type { World } from '../../../control-plane/domain/decision.js';
import { Host } from '../../../control-plane/runtime/host.js';
import { createSessionTable } from '../../../control-plane/sessions/session-table.js';
import { HostProcess } from '../../support/fleet/host-process.js';
import type { StoreNetwork } from '../../support/fleet/store-network.js';
import { silence } from '../../support/silence.js';
import type { VirtualTime } from '../../support/virtual-time.js';
import type { Backends } from '../backends.js';
import { Chance } from '../chance.js';
import type { Ledger } from '../ledger.js';
import type { WorkerProcess } from '../worker-process.js';
import { SimulatedSpawner } from '../worker-spawner.js';

interface ServingHostDeps {
  readonly time: VirtualTime;
  readonly network: StoreNetwork;
  readonly chance: Chance;
  readonly backends: Backends;
  readonly ledger: Ledger;
}

const WORKERS = 2;
/** Bindings kept: a table of full size takes longer to make than the rest of a run. */
const SESSIONS = 100;

export class ServingHost {
  readonly process: HostProcess;
  readonly #host: Host;
  readonly #spawner: SimulatedSpawner;
  readonly #system: ServingHostDeps;

  private constructor(
    process: HostProcess,
    host: Host,
    { spawner, system }: { spawner: SimulatedSpawner; system: ServingHostDeps },
  ) {
    this.process = process;
    this.#host = host;
    this.#spawner = spawner;
    this.#system = system;
  }

  /** @param place of this host in the fleet */
  static async start(place: number, system: ServingHostDeps): Promise<ServingHost> {
    const { time, network, backends, ledger } = system;
    const chance = new Chance(system.chance.seed());
    const late: { host?: Host } = {};
    const changed = (world: World, events: readonly TidegateEvent[]): void =>
      late.host?.changed(world, events);
    const process = await HostProcess.start(`host-${place}`, { time, network, chance, changed, secret: 's' });
    const { timers, loop } = process;
    const spawner = new SimulatedSpawner({
      primary: place,
      count: WORKERS,
      time,
      timers,
      chance: new Chance(chance.seed()),
      backends,
      ledger,
    });
    const { random } = new Chance(chance.seed());
    const host = new Host({
      version: '0.0.0',
      role: 'serve',
      system: { host: process.name, clock: time, timers, random, seed: () => chance.seed(), logger: silence },
      decider: loop,
      supervisor: {
        spawner,
        count: WORKERS,
        memoryLimitBytes: null,
        welcome: (worker, index) => spawner.welcome(worker, index),
      },
      sessions: createSessionTable(time, SESSIONS),
      redisSessions: null,
      check: async (address, settings, at) => {
        const { result, afterMs } = backends.check(address, settings.timeoutMs, at);
        await timers.wait(afterMs);
        return result;
      },
      fleet: () => null,
      onListenFailed: () => undefined,
    });
    late.host = host;
    host.changed(loop.world, []);
    void host.startWorkers();
    return new ServingHost(process, host, { spawner, system });
  }

  get workers(): readonly WorkerProcess[] {
    return this.#spawner.processes;
  }

  /** A request to any worker that accepts. One that gets no answer of a backend breaks a law; `null`: no worker accepts. */
  async request(path: string): Promise<void> {
    const { chance, ledger } = this.#system;
    const { forwarder } = chance.oneOf(this.workers.filter(({ forwarder: own }) => own !== null)) ?? {};
    if (forwarder === null || forwarder === undefined) return;
    const asked = { method: 'GET', path, client: '10.0.0.1', cookie: null, leavesAfterMs: null } as const;
    const { kind, status } = await forwarder.request(asked);
    ledger.count(`${kind} ${status}`);
    ledger.require(
      kind === 'answered' || kind === 'lost',
      'requests-find-a-backend',
      `${this.process.name}: ${kind} ${status}`,
    );
  }

  /** Whether all its workers route by the newest snapshot. */
  get isConverged(): boolean {
    const { epoch, version } = this.#host.position();
    const workers = this.#host.workers();
    return (
      workers.length === WORKERS &&
      workers.every(({ applied }) => applied?.epoch === epoch && applied.version === version)
    );
  }
}
