/**
 * Shows all hosts to those who ask. However many ask, the store is asked at most so often; an answer that did not come is not
 * waited for again by each of them.
 */
import type { Clock } from '#shared/ports.js';
import { countHosts, type FleetHosts, fleetHosts } from './fleet-hosts.js';
import type { FleetStatus } from './fleet-status.js';
import type { FleetStore } from './fleet-store.js';
import type { FleetTimes } from './fleet-times.js';
import type { HostReport } from './host-report.js';
import { type SeenHost, seenHosts } from './host-watch.js';
import type { OwnLoop } from './own-loop.js';

interface HostViewsDeps {
  readonly store: Pick<FleetStore, 'hosts'>;
  readonly loop: OwnLoop;
  readonly host: string;
  readonly incarnation: string;
  readonly times: FleetTimes;
  /** The fleet's clock. */
  readonly clock: Clock;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly status: () => FleetStatus;
  /** What this host would tell of itself now. */
  readonly report: () => HostReport;
}

export class HostViews {
  readonly #deps: HostViewsDeps;
  #last: { readonly seen: readonly SeenHost[] | null; readonly at: number } | null = null;
  #asking: Promise<readonly SeenHost[] | null> | null = null;

  constructor(deps: HostViewsDeps) {
    this.#deps = deps;
  }

  /** All hosts, from their last beats; where the store cannot be asked, those of the fleet's log. */
  async all(): Promise<FleetHosts> {
    const seen = await this.#seen();
    return { ...this.of(seen ?? []), isAsked: seen !== null };
  }

  of(seen: readonly SeenHost[]): FleetHosts {
    const { host, incarnation, loop, times, status, report } = this.#deps;
    const others = seen.filter((one) => one.host !== host);
    const own: SeenHost = { host, incarnation, heardAgoMs: 0, report: report() };
    const { leader, head } = status();
    const members = loop.world.state.fleet?.hosts ?? [];
    const hosts = fleetHosts({ seen: [...others, own], members, self: host, leader, head }, times);
    return { isAsked: true, hosts, counts: countHosts(hosts) };
  }

  /** `null`: the store cannot be asked. */
  async #seen(): Promise<readonly SeenHost[] | null> {
    const { times, now } = this.#deps;
    const { mode } = this.#deps.status();
    if (mode.kind === 'autonomous' && mode.why === 'no-answer') return null;
    const last = this.#last;
    const age = last === null ? Infinity : now() - last.at;
    if (last !== null && age < times.beatEveryMs / 2) {
      return last.seen?.map((one) => ({ ...one, heardAgoMs: one.heardAgoMs + age })) ?? null;
    }
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #ask(): Promise<readonly SeenHost[] | null> {
    const { store, clock, now } = this.#deps;
    const found = await store.hosts();
    const seen = found.kind === 'ok' ? seenHosts(found.value, clock.now()) : null;
    this.#last = { seen, at: now() };
    return seen;
  }
}
