/** Two hosts whose clocks are hours apart, and step while they run: nobody may notice. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectKept, expectSound, logOf } from '../support/fleet/fleet-log.js';
import { FleetRig, type RigHost } from '../support/fleet/fleet-rig.js';
import { SessionTraffic } from '../support/fleet/session-traffic.js';
import { WeightWriter } from '../support/fleet/weight-writer.js';
import { pause } from '../support/slow-peer.js';
import { waitUntil } from '../support/wait-until.js';

const PRELOAD = join(process.cwd(), 'test/support/shifted-clock.cjs');
const HOUR_MS = 3_600_000;
const STRETCH_MS = 5_000;
/** What the clock of the fleet may be off, by what answers took on the way. */
const TOLERANCE_MS = 2_000;
/** The primary and its workers. */
const PROCESSES = 3;
/** Share of the requests of sessions that may come to another backend than theirs. */
const MAX_STRAYED = 0.001;
/** What takes a backend from its sessions, which a machine that is too busy may do. */
const LOSSES = ['BackendBecameUnhealthy', 'BreakerOpened'];
const START = { 'host-a': HOUR_MS, 'host-b': -HOUR_MS };

describe('a fleet whose hosts have wrong clocks', () => {
  let dir: string;
  let rig: FleetRig;
  let traffic: SessionTraffic;
  let writers: readonly WeightWriter[];
  let beganAt: number;

  const fileOf = (host: string): string => join(dir, host);

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'tidegate-clocks-'));
    for (const [name, aheadMs] of Object.entries(START)) writeFileSync(fileOf(name), String(aheadMs));
    beganAt = Date.now();
    rig = await FleetRig.start({
      env: (host) => ({ NODE_OPTIONS: `--require=${PRELOAD}`, SHIFTED_CLOCK_FILE: fileOf(host) }),
    });
    traffic = await SessionTraffic.over(rig.hosts);
    writers = [new WeightWriter(rig.hosts[0], 'app2'), new WeightWriter(rig.hosts[1], 'app3')];
  });
  afterAll(async () => {
    await rig.dispose();
    rmSync(dir, { recursive: true });
  });

  /** Sets the clock of a host. Resolves when its primary and its workers have it. */
  async function step({ name, tidegate }: RigHost, aheadMs: number): Promise<void> {
    const told = (): number => tidegate.lines.filter(({ clockAheadMs }) => clockAheadMs === aheadMs).length;
    const before = told();
    writeFileSync(fileOf(name), String(aheadMs));
    await waitUntil(`${name} to have its clock`, () => told() >= before + PROCESSES);
  }

  /** How often the hosts have lost a backend so far, each by its own checks. */
  async function losses(): Promise<number> {
    const counts = await Promise.all(
      rig.hosts.flatMap(({ tidegate }) =>
        LOSSES.map(async (type) => (await tidegate.events(`&type=${type}`)).length),
      ),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async function underLoad(act: () => Promise<void>): Promise<void> {
    const lostBefore = await losses();
    for (const writer of writers) writer.start();
    const { failures, strayed, answered } = await traffic.measure(act);
    await rig.untilWritable();
    for (const writer of writers) {
      // One that began before may be refused only now.
      await waitUntil(`${writer.backend} to be written`, () => [...writer.answers.values()].at(-1) === 200);
      await writer.stop();
    }
    const lost = (await losses()) - lostBefore;
    process.stdout.write(
      `${expect.getState().currentTestName ?? ''}: ${answered} answered, by another backend than that of their session ${strayed.known} (known) and ${strayed.met} (met), backends lost ${lost} times\n`,
    );
    expect(failures).toEqual([]);
    if (lost === 0) expect((strayed.known + strayed.met) / answered).toBeLessThan(MAX_STRAYED);
    const log = await logOf(rig);
    expectSound(log);
    for (const { backend, answers } of writers) {
      expectKept(log, backend, answers);
      expect([...answers.values()].slice(-1)).toEqual([200]);
    }
    // Times are those of Redis, whoever led.
    for (const { event } of log) {
      expect(event.at).toBeGreaterThan(beganAt - TOLERANCE_MS);
      expect(event.at).toBeLessThan(Date.now() + TOLERANCE_MS);
    }
  }

  it('serves and writes, by the time of Redis', () =>
    underLoad(async () => {
      for (const { name, tidegate } of rig.hosts) {
        const offset = (await tidegate.metrics()).get('tidegate_clock_offset_seconds') ?? NaN;
        expect(Math.abs(offset * 1_000 + START[name])).toBeLessThan(TOLERANCE_MS);
      }
      await pause(STRETCH_MS);
    }));

  it.each([
    ['leader', HOUR_MS],
    ['leader', -HOUR_MS],
    ['other', HOUR_MS],
    ['other', -HOUR_MS],
  ])('goes on with the same leader when the clock of the %s steps to %d ms off', (who, aheadMs) =>
    underLoad(async () => {
      const [leader, other] = await rig.roles();
      const epoch = await rig.redis.command('HGET', rig.key('lease'), 'epoch');
      const host = who === 'leader' ? leader : other;
      await step(host, 0);
      await pause(STRETCH_MS);
      await step(host, aheadMs);
      await pause(STRETCH_MS);
      expect(await rig.redis.command('HGET', rig.key('lease'), 'epoch')).toBe(epoch);
    }),
  );

  it('has another leader, with another clock, when the leader is cut off', () =>
    underLoad(async () => {
      const [leader, other] = await rig.roles();
      await step(leader, 2 * HOUR_MS);
      await step(other, -2 * HOUR_MS);
      leader.proxy.cut();
      await waitUntil('another leader', async () => (await rig.leader()) === other);
      await rig.untilReadOnly(leader);
      leader.proxy.mend();
      await rig.untilWritable();
    }));
});
