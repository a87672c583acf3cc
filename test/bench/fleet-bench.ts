/**
 * Figures of hosts that act as one: how soon a change on one host is in force in every worker of another, and what 1,000 backends on
 * four hosts cost. `node dist/test/bench/fleet-bench.js`; needs redis-server in PATH.
 */
import { readFileSync } from 'node:fs';
import { AppServer } from '../support/app-server.js';
import { FleetRig, type RigHost } from '../support/fleet/fleet-rig.js';
import { RedisServer } from '../support/redis-server.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

const CHANGES = 200;
const BACKENDS = 1_000;
const HOSTS = 4;
const IDLE_MS = 10_000;
/** Clock ticks of /proc per second. */
const TICKS = 100;

function quantile(values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)} ms`;
}

/** Seconds of CPU that a process has used. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function pause(ms: number): Promise<unknown> {
  const until = performance.now() + ms;
  return waitUntil('the time to pass', () => performance.now() > until, ms + 60_000);
}

/** Changes on one host until every worker of the other routes by them. */
async function changes(from: RigHost, to: RigHost, what: string): Promise<void> {
  const answered: number[] = [];
  const inForce: number[] = [];
  for (let weight = 2; weight < CHANGES + 2; weight += 1) {
    const began = performance.now();
    const { status } = await from.tidegate.change('PATCH', '/api/v1/pools/default/backends/app2', { weight });
    if (status !== 200) throw new Error(`a change was answered ${status}`);
    answered.push(performance.now() - began);
    for (;;) {
      const [backend, state] = await Promise.all([
        to.tidegate.backend('app2'),
        to.tidegate.api('/api/v1/status'),
      ]);
      const { workers } = state.body;
      if (backend.weight === weight && workers.converged === workers.total) break;
    }
    inForce.push(performance.now() - began);
  }
  console.log(
    `${what}: answered p50 ${quantile(answered, 0.5)}, p99 ${quantile(answered, 0.99)}; in all workers of the other host p50 ${quantile(inForce, 0.5)}, p99 ${quantile(inForce, 0.99)}`,
  );
}

async function speed(): Promise<void> {
  const rig = await FleetRig.start();
  try {
    const [leader, other] = await rig.roles();
    await changes(leader, other, `${CHANGES} changes on the leader`);
    await changes(other, leader, `${CHANGES} changes on the other host`);
  } finally {
    await rig.dispose();
  }
}

async function commands(redis: RedisServer): Promise<number> {
  const info = String(await redis.command('INFO', 'stats'));
  return Number(/total_commands_processed:(\d+)/.exec(info)?.[1]);
}

async function size(): Promise<void> {
  const redis = await RedisServer.start();
  const app = await AppServer.start('app');
  const list = Array.from(
    { length: BACKENDS },
    (_, n) => `  - { id: b${n}, url: "http://127.0.1.${n % 250}:${8_000 + n}" }`,
  );
  const hosts = Array.from({ length: HOSTS }, (_, n) =>
    Tidegate.prepare(`listen: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
workers: 1
log: { format: json }
redis: { url: "${redis.url}" }
cluster: { name: web, host: host-${n} }
health_check: { enabled: false }
backends:
${list.join('\n')}
`),
  );
  try {
    await Promise.all(hosts.map((host) => host.run()));
    const [first] = hosts;
    await waitUntil(
      'writes',
      async () =>
        (await first!.change('PATCH', '/api/v1/pools/default/backends/b0', { weight: 2 })).status === 200,
    );
    await waitUntil(
      'the snapshot',
      async () => Number(await redis.command('HSTRLEN', 'tidegate:{web}:snap', 'body')) > 0,
    );
    await pause(IDLE_MS);
    const measure = async (what: string, act: () => Promise<unknown>): Promise<void> => {
      const [count, began] = [await commands(redis), performance.now()];
      const cpu = hosts.map(({ pid }) => cpuOf(pid));
      await act();
      const seconds = (performance.now() - began) / 1_000;
      const shares = hosts.map(({ pid }, index) => ((cpuOf(pid) - (cpu[index] ?? 0)) / seconds) * 100);
      const rate = ((await commands(redis)) - count) / seconds;
      console.log(
        `${what}: ${rate.toFixed(1)} commands/s, CPU of the primaries ${shares.map((share) => `${share.toFixed(1)} %`).join(', ')}`,
      );
    };
    console.log(
      `${BACKENDS} backends, ${HOSTS} hosts: snapshot key ${String(await redis.command('HSTRLEN', 'tidegate:{web}:snap', 'body'))} bytes`,
    );
    await measure('idle', () => pause(IDLE_MS));
    await measure('100 changes one after the other', async () => {
      for (let weight = 3; weight < 103; weight += 1) {
        await first!.change('PATCH', '/api/v1/pools/default/backends/b1', { weight });
      }
    });
  } finally {
    await Promise.all(hosts.map((host) => host.dispose()));
    await app.kill();
    await redis.dispose();
  }
}

await speed();
await size();
