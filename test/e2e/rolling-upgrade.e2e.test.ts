import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { AppServer } from '../support/app-server.js';
import { freePort } from '../support/free-port.js';
import { type OlderBuild, olderBuild } from '../support/older-build.js';
import { RedisServer } from '../support/redis-server.js';
import { backendList, base, PATIENT_CHECK } from '../support/scenario.js';
import { SpreadLoad } from '../support/spread-load.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

/** The first build whose hosts share a log, of the same level as the present one. */
const OLDER = '95fdbfa50a';
const RATE = 300;
const PATH = '/api/v1/pools/default/backends/app1';

/** Hosts of two builds on one Redis, replaced one after the other under load, there and back. */
describe('a fleet whose hosts are upgraded one by one', () => {
  let older: OlderBuild | null;
  let redis: RedisServer;
  let apps: readonly AppServer[] = [];
  let hosts: readonly Tidegate[] = [];
  let weight = 1;

  beforeAll(async () => {
    older = olderBuild(OLDER);
    if (older === null) {
      process.stdout.write(`NOT TRIED: the history of this checkout does not reach back to ${OLDER}\n`);
      return;
    }
    redis = await RedisServer.start();
    apps = await Promise.all(['app1', 'app2'].map((id) => AppServer.start(id)));
    const names = ['host-a', 'host-b'];
    hosts = await Promise.all(
      names.map(async (name) => {
        // A port of its own, because clients know all of them.
        const yaml = `${base(2).replace('port: 0', `port: ${await freePort()}`)}
redis: { url: "${redis.url}" }
cluster: { name: web, host: ${name} }
${backendList(apps)}${PATIENT_CHECK}\n`;
        const host = Tidegate.prepare(yaml);
        host.command = [process.execPath, older!.cli];
        return host;
      }),
    );
    await Promise.all(hosts.map((host) => host.run()));
    for (const host of hosts) for (const { id } of apps) await host.untilAvailability(id, 'available');
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.dispose()));
    await Promise.all(apps.map((app) => app.kill()));
    if (older !== null) await redis.dispose();
    older?.dispose();
  });

  /** A change by way of each host is carried out, and all have it. */
  async function untilWritable(): Promise<void> {
    for (const host of hosts) {
      weight += 1;
      let last: unknown = null;
      const changed = waitUntil('a change', async () => {
        const answer = await host.change('PATCH', PATH, { weight });
        last = answer.body;
        return answer.status === 200;
      });
      await changed.catch(async (error: unknown) => {
        const { body } = await host.api('/api/v1/hosts');
        throw new Error(`${String(error)}: ${JSON.stringify([last, body])}`);
      });
      for (const other of hosts) {
        await waitUntil('all to have it', async () => (await other.backend('app1')).weight === weight);
      }
    }
  }

  async function replace(host: Tidegate, cli: string): Promise<void> {
    expect(await host.stop()).toBe(0);
    const before = weight;
    host.command = [process.execPath, cli];
    await host.run();
    await waitUntil('it to follow', async (): Promise<boolean> => {
      return (await host.api('/api/v1/status')).body.fleet.mode === 'following';
    });
    expect((await host.backend('app1')).weight).toBe(before);
    for (const { id } of apps) await host.untilAvailability(id, 'available');
    await untilWritable();
  }

  const newer = new URL('../../dist/control-plane/cli/tidegate.js', import.meta.url).pathname;

  it.each([
    ['up', () => newer],
    ['back down', () => older!.cli],
    ['up again', () => newer],
  ] as const)('goes %s without a failed request, and with every change', async (_, cli) => {
    if (older === null) return;
    await untilWritable();
    const load = new SpreadLoad({ ports: () => hosts.map(({ port }) => port), rate: RATE });
    load.start();
    for (const host of hosts) await replace(host, cli());
    const { sent, failed, failedOnce } = await load.stop();
    process.stdout.write(`${sent} requests, ${failed.length} failed; ${failedOnce} tried a second port\n`);
    expect(failed).toEqual([]);
  });

  it('has an older host refuse a history that it cannot read, and follow without one', async () => {
    if (older === null) return;
    const [a, b] = hosts as readonly [Tidegate, Tidegate];
    const [pid = 0] = await b.workerPids();
    process.kill(pid, 'SIGKILL');
    for (const type of ['HostWorkerExited', 'HostWorkerReady']) {
      await waitUntil(
        `the fleet to be told ${type}`,
        async () => (await a.events(`&type=${type}`)).length > 0,
      );
    }
    await a.stop();
    a.command = [process.execPath, older.cli];
    await expect(a.run()).rejects.toThrow(/a newer release wrote it\. Start that release, or a later one\./);
    // A host without a history, as a container is at each start. It begins with the snapshot.
    await waitUntil('a snapshot of all that is told', async () => {
      const [seq, snap] = (await redis.command('HMGET', 'tidegate:{web}:head', 'seq', 'snap')) as string[];
      return seq === snap;
    });
    rmSync(join(a.dir, 'data'), { recursive: true });
    await a.run();
    await untilWritable();
    for (const { id } of apps) await a.untilAvailability(id, 'available');
    // As long as it is there, nothing is told that it could not read.
    const [other = 0] = await b.workerPids();
    process.kill(other, 'SIGKILL');
    await waitUntil('another worker', async () => !(await b.workerPids()).includes(other));
    await untilWritable();
  });
});
