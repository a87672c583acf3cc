/** One host of a simulated fleet, for all its processes: its own log, its clock, and the process that runs there. */
import type { ControlLoop } from '../../../control-plane/runtime/control-loop.js';
import { MAX_TOLD_INCIDENTS, type WorkerIncident } from '../../../control-plane/domain/worker-incident.js';
import { EventLogError } from '../../../control-plane/event-log/event-log.js';
import { FLEET_TIMES } from '../../../control-plane/fleet/fleet-times.js';
import type { FleetStore } from '../../../control-plane/fleet/fleet-store.js';
import type { Logger } from '../../../shared/ports.js';
import { HostProcess } from '../../support/fleet/host-process.js';
import type { StoreNetwork } from '../../support/fleet/store-network.js';
import { silence } from '../../support/silence.js';
import type { VirtualTime } from '../../support/virtual-time.js';
import type { Chance } from '../chance.js';
import { Disk } from '../disk.js';
import type { Ledger } from '../ledger.js';
import { Followed } from './followed.js';
import type { FleetWrites } from './fleet-writes.js';
import type { Histories, Place } from './histories.js';
import { SeenStore, type SeenStoreDeps } from './seen-store.js';

/** Makes of the store what a host sees of it. */
export type SeeStore = (store: FleetStore, deps: SeenStoreDeps, loop: ControlLoop) => FleetStore;

/** So often something happens to a worker of each host, in milliseconds. */
const INCIDENT_EVERY_MS = 4_000;

export interface FleetSurroundings {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly network: StoreNetwork;
  readonly ledger: Ledger;
  readonly histories: Histories;
  readonly writes: FleetWrites;
  readonly seeStore?: SeeStore;
}

export class SimulatedHost {
  readonly name: string;
  readonly candidate: boolean;
  readonly clockAheadMs: number;
  readonly disk: Disk;
  process: HostProcess | null = null;
  isStopped = false;
  /** From when on nothing happens to its workers any more; `null`: things do. */
  calmSince: number | null = null;
  /** When its process was started. */
  #startedAt = 0;
  /** It hands over and ends. */
  endsSince: number | null = null;
  /** Until when it believes to lead, and when it sent what that rests on. */
  belief = { id: '', sentAt: 0, until: 0 };
  readonly #deps: FleetSurroundings;
  #followed: Followed | null = null;
  #lastPlace: Place | undefined;
  #starts = 0;

  constructor(name: string, deps: FleetSurroundings, { candidate = true, clockAheadMs = 0 } = {}) {
    this.name = name;
    this.candidate = candidate;
    this.clockAheadMs = clockAheadMs;
    this.#deps = deps;
    this.disk = new Disk(deps.chance, deps.ledger);
  }

  get isRunning(): boolean {
    return this.process !== null && !this.isStopped && this.endsSince === null;
  }

  /** It runs, and reaches the server that all are led to. */
  get isInContact(): boolean {
    const link = this.process?.store.link;
    return this.isRunning && link?.isCut === false && link.server === this.#deps.network.server;
  }

  /** How much has happened to the workers of its process. */
  get incidents(): number {
    const until = this.calmSince ?? this.#deps.time.now();
    return Math.max(0, Math.floor((until - this.#startedAt) / INCIDENT_EVERY_MS));
  }

  /** Where its process stands in the fleet's log. */
  get place(): Place | undefined {
    return this.#followed?.place ?? undefined;
  }

  /** Where its last process stood that stood anywhere. */
  get lastPlace(): Place | undefined {
    return this.place ?? this.#lastPlace;
  }

  /** @param prepare what it does before it joins its fleet */
  async start(prepare: (process: HostProcess) => Promise<void> = async () => undefined): Promise<void> {
    const { ledger, histories, time, seeStore } = this.#deps;
    const { candidate, clockAheadMs, name } = this;
    const writer = (this.#starts += 1);
    this.#startedAt = time.now();
    const see: SeenStoreDeps = {
      now: () => time.now(),
      unanswered: () => this.#deps.writes.withoutKeeper(name),
      leads: (id, sentAt) => {
        this.belief = { id, sentAt, until: sentAt + FLEET_TIMES.leaseMs - FLEET_TIMES.leaseMarginMs };
      },
    };
    const followed = new Followed({
      name,
      ledger,
      histories,
      head: () => histories.at(this.process?.store.link.server.state.head ?? null),
    });
    const process = await HostProcess.start(
      name,
      {
        ...this.#deps,
        candidate,
        clockAheadMs,
        logger: loggerTo(ledger),
        incidents: () => incidentsUpTo(this.incidents, writer, time.now()),
        seenStore: (store, loop) => seeStore?.(store, see, loop) ?? new SeenStore(store, see),
        changed: (world, events) => followed.changed(world, events),
      },
      (timers) => this.disk.open(writer, timers),
    );
    followed.changed(process.loop.world, []);
    this.#followed = followed;
    this.process = process;
    await prepare(process);
    process.join();
    ledger.count('starts');
  }

  kill(): void {
    this.process?.kill();
    this.#gone();
  }

  stop(): void {
    this.process?.stop();
    this.isStopped = true;
    this.#deps.writes.withoutKeeper(this.name);
  }

  resume(): void {
    this.isStopped = false;
    this.process?.resume();
  }

  /** SIGTERM. */
  end(): void {
    const { process } = this;
    if (process === null) return;
    this.endsSince = this.#deps.time.now();
    this.#deps.writes.withoutKeeper(this.name);
    const ended = process.node.stop().then(() => process.loop.close());
    ended.then(
      () => {
        if (this.process === process) this.kill();
      },
      (error: unknown) => this.#deps.ledger.require(false, 'no-bug', String(error)),
    );
  }

  #gone(): void {
    this.#lastPlace = this.lastPlace;
    this.process = null;
    this.isStopped = false;
    this.endsSince = null;
    this.#followed = null;
    this.#deps.writes.abandoned(this.name);
    this.#deps.writes.withoutKeeper(this.name);
  }
}

/** An error in the log that is no failure of the own disk is a bug. */
function loggerTo(ledger: Ledger): Logger {
  return {
    ...silence,
    error: (fields, message) => {
      const err: unknown = 'err' in fields ? fields.err : null;
      const isBug = err !== null && !(err instanceof EventLogError);
      ledger.require(
        !isBug,
        'no-bug',
        `${message}: ${err instanceof Error ? (err.stack ?? '') : String(err)}`,
      );
    },
    warn: (fields, message) => ledger.step(`  ${message} ${JSON.stringify(fields)}`),
    info: (fields, message) => ledger.step(`  ${message} ${JSON.stringify(fields)}`),
  };
}

/** The newest incidents: `pid` names the process and `n` the incident. */
function incidentsUpTo(last: number, pid: number, at: number): readonly WorkerIncident[] {
  const first = Math.max(1, last - MAX_TOLD_INCIDENTS + 1);
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const number = first + index;
    return { kind: 'exited', number, at, n: number, pid, reason: 'signal SIGKILL' };
  });
}
