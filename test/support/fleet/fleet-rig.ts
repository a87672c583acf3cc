/**
 * Two real hosts that share a real Redis, each through a network of its own, with steady traffic on both: what a fault must not be
 * seen by. Ask `expectNoLoss` after each fault.
 */
import { AppServer } from '../app-server.js';
import { FaultProxy } from '../fault-proxy.js';
import { freePort } from '../free-port.js';
import { Load } from '../load.js';
import { RedisServer } from '../redis-server.js';
import { PATIENT_CHECK, backendList, base } from '../scenario.js';
import { type ApiAnswer, Tidegate } from '../tidegate-process.js';
import { waitUntil } from '../wait-until.js';

const NAMES = ['host-a', 'host-b'] as const;
type HostName = (typeof NAMES)[number];
const STICKY = 'sticky_session: { enabled: true, type: cookie, cookie_name: session_id, timeout: 1h }\n';
/** Requests per second and host. */
const RATE = 250;

export interface RigOptions {
  /** The Redis to begin with, if not one of the rig's own. Whoever made it ends it. */
  readonly server?: RedisServer;
  /** Keys under `redis` that say where it is; unless given, hosts find it by their proxies. */
  readonly where?: (host: HostName) => string;
  /** Keys under `redis`, besides where it is. */
  readonly redis?: string;
  readonly cluster?: string;
  /** Environment of a host, besides the test's own. */
  readonly env?: (host: HostName) => NodeJS.ProcessEnv;
}

export interface RigHost {
  readonly name: HostName;
  readonly tidegate: Tidegate;
  readonly proxy: FaultProxy;
}

/** A key of the rig's fleet. */
export function keyOfFleet(name: string): string {
  return `tidegate:{web}:${name}`;
}

export class FleetRig {
  /** The Redis that the fleet is to be in. Assign the next one after a failover. */
  redis: RedisServer;
  readonly apps: readonly AppServer[];
  readonly hosts: readonly [RigHost, RigHost];
  readonly #options: RigOptions;
  #loads: readonly Load[] = [];
  /** Resolves when no load but the last runs. */
  #ended: Promise<unknown> = Promise.resolve();
  #weight = 1;

  private constructor(
    redis: RedisServer,
    apps: readonly AppServer[],
    proxies: readonly [FaultProxy, FaultProxy],
    ports: readonly [number, number],
    options: RigOptions,
  ) {
    this.redis = redis;
    this.apps = apps;
    this.#options = options;
    this.hosts = [this.#host('host-a', proxies[0], ports[0]), this.#host('host-b', proxies[1], ports[1])];
  }

  static async start(options: RigOptions = {}): Promise<FleetRig> {
    const redis = options.server ?? (await RedisServer.start());
    const apps = await Promise.all(['app1', 'app2', 'app3'].map((id) => AppServer.start(id)));
    const proxies = [await FaultProxy.to(redis.port), await FaultProxy.to(redis.port)] as const;
    const ports = [await freePort(), await freePort()] as const;
    const rig = new FleetRig(redis, apps, proxies, ports, options);
    try {
      await Promise.all(rig.hosts.map(({ tidegate }) => tidegate.run()));
      for (const { tidegate } of rig.hosts) {
        for (const { id } of apps) await tidegate.untilAvailability(id, 'available');
        await tidegate.untilConverged();
      }
      await rig.untilWritable();
    } catch (error) {
      await rig.dispose();
      throw error;
    }
    return rig;
  }

  #host(name: HostName, proxy: FaultProxy, port: number): RigHost {
    const byProxy = (): string => `url: "redis://127.0.0.1:${proxy.port}"`;
    const { where = byProxy, redis = '', cluster = '' } = this.#options;
    // A port of its own, because a host that is started again has to be found where it was.
    const yaml = `${base(2).replace('port: 0', `port: ${port}`)}
redis: { ${where(name)}${redis} }
cluster: { name: web, host: ${name}${cluster} }
${backendList(this.apps)}${PATIENT_CHECK}
${STICKY}`;
    return { name, proxy, tidegate: Tidegate.prepare(yaml, this.#options.env?.(name)) };
  }

  key(name: string): string {
    return keyOfFleet(name);
  }

  /**
   * Ends the traffic of a test that failed before it did so.
   * @param hosts all of them, unless one is to be killed with its workers
   */
  startLoad(hosts: readonly RigHost[] = this.hosts): void {
    this.#ended = Promise.all([this.#ended, ...this.#loads.map((load) => load.stop())]);
    this.#loads = hosts.map(
      ({ tidegate }) =>
        new Load({ port: tidegate.port, rate: RATE, connections: 100, headers: { connection: 'close' } }),
    );
    for (const load of this.#loads) load.start();
  }

  /** Lets the traffic go on for so many requests more on each host. */
  async goOn(requests = RATE): Promise<void> {
    await Promise.all(
      this.#loads.map((load) => {
        const before = load.answered;
        return waitUntil('the traffic to go on', () => load.answered > before + requests);
      }),
    );
  }

  /** Ends the traffic, and tells its figures. Fails where one request of it got no good answer. */
  async expectNoLoss(): Promise<void> {
    const results = await Promise.all(this.#loads.map((load) => load.stop()));
    this.#loads = [];
    expect(results.flatMap(({ failures }) => failures)).toEqual([]);
    const p99 = Math.max(...results.map(({ latencyMs }) => latencyMs.p99));
    const answered = results.reduce((sum, result) => sum + result.answered, 0);
    const { currentTestName = '' } = expect.getState();
    process.stdout.write(`${currentTestName}: ${answered} answered, p99 ${p99.toFixed(1)} ms\n`);
  }

  /** The host that Redis says leads, while its lease runs. */
  async leader(): Promise<RigHost | null> {
    const [host, until] = (await this.redis.command('HMGET', this.key('lease'), 'host', 'until')) as (
      string | null
    )[];
    const [seconds = '0'] = (await this.redis.command('TIME')) as string[];
    if (until === null || until === undefined || Number(until) < Number(seconds) * 1_000) return null;
    return this.hosts.find(({ name }) => name === host) ?? null;
  }

  /** Leader and the other one. */
  async roles(): Promise<readonly [leader: RigHost, other: RigHost]> {
    const leader = await waitUntil('a leader', async () => (await this.leader()) ?? undefined);
    const [a, b] = this.hosts;
    return leader === a ? [a, b] : [b, a];
  }

  /** Changes the weight of a backend by way of a host. */
  write(host: RigHost): Promise<ApiAnswer> {
    this.#weight = (this.#weight % 900) + 1;
    return host.tidegate.change('PATCH', '/api/v1/pools/default/backends/app1', { weight: this.#weight });
  }

  /** Writes until it is carried out. Answers the weight that was written. */
  async untilWritten(host: RigHost): Promise<number> {
    await waitUntil(`a write on ${host.name}`, async () => (await this.write(host)).status === 200);
    return this.#weight;
  }

  /** Waits until all hosts have this weight. */
  async untilSeen(weight: number): Promise<void> {
    for (const { name, tidegate } of this.hosts) {
      await waitUntil(`the write on ${name}`, async () => (await tidegate.backend('app1')).weight === weight);
    }
  }

  /** Waits until writes on all hosts are carried out, and are seen on all. */
  async untilWritable(): Promise<void> {
    for (const host of this.hosts) await this.untilSeen(await this.untilWritten(host));
  }

  /** Waits until a write on this host is refused because the fleet cannot be changed. */
  async untilReadOnly(host: RigHost): Promise<void> {
    await waitUntil(`${host.name} to refuse writes`, async () => {
      const { status, body } = await this.write(host);
      return status === 503 && body.type === 'urn:tidegate:control_plane_read_only';
    });
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#ended, ...this.#loads.map((load) => load.stop())]);
    await Promise.all(this.hosts.map(({ tidegate }) => tidegate.dispose()));
    for (const { proxy } of this.hosts) proxy.close();
    await Promise.all(this.apps.map((app) => app.kill()));
    if (this.#options.server === undefined) await this.redis.dispose();
  }
}
