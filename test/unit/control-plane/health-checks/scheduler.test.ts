import type { CheckResult } from '../../../../control-plane/domain/evidence.js';
import type { CheckLag } from '../../../../control-plane/health-checks/punctuality.js';
import {
  CheckScheduler,
  MAX_BEGUN_AT_ONCE,
  MAX_CHECKS_IN_FLIGHT,
} from '../../../../control-plane/health-checks/scheduler.js';
import { backendId } from '../../../../shared/ids.js';
import type { PoolSettings } from '../../../../shared/settings.js';
import {
  definition,
  documentOf,
  healthCheck,
  POOL,
  poolSettings,
  START,
  storyOf,
  type Story,
} from '../../../support/domain.js';
import { VirtualTime } from '../../../support/virtual-time.js';

const CHECK = healthCheck({ intervalMs: 10_000, fastIntervalMs: 1_000, jitter: 0, successThreshold: 2 });
const SETTINGS = poolSettings({ healthCheck: CHECK });

interface Running {
  readonly story: Story;
  readonly scheduler: CheckScheduler;
  /** `host at milliseconds`, in the order in which checks began. */
  readonly begun: string[];
  readonly reported: { readonly backend: string; readonly generation: number; readonly passed: boolean }[];
  /** Hosts whose checks fail. */
  readonly failing: Set<string>;
  readonly times: { durationMs: number; inFlight: number; peak: number };
  readonly pass: (ms: number) => Promise<void>;
  /** What was said of being late, in order. */
  readonly lags: CheckLag[];
  /** What the names of backends stand for. */
  readonly name: { resolved: readonly string[] | null };
  /** What was told of that. */
  readonly told: (readonly string[])[];
}

/** A scheduler whose results are decided on and come back to it as a new world, as in the primary. */
function running(names: readonly string[], settings: PoolSettings = SETTINGS): Running {
  const time = new VirtualTime(START);
  const story = storyOf(
    documentOf(
      settings,
      names.map((name) => definition(name)),
    ),
  );
  const begun: string[] = [];
  const reported: { backend: string; generation: number; passed: boolean }[] = [];
  const failing = new Set<string>();
  const times = { durationMs: 10, inFlight: 0, peak: 0 };
  const lags: CheckLag[] = [];
  const name: Running['name'] = { resolved: null };
  const told: (readonly string[])[] = [];
  const scheduler: CheckScheduler = new CheckScheduler({
    check: (address, _settings, at) => {
      begun.push(`${address.host} at ${at - START}`);
      times.inFlight += 1;
      times.peak = Math.max(times.peak, times.inFlight);
      const { promise, resolve } = Promise.withResolvers<CheckResult>();
      time.after(times.durationMs, () => {
        times.inFlight -= 1;
        const { resolved } = name;
        resolve({
          at,
          passed: !failing.has(address.host),
          durationMs: times.durationMs,
          ...(resolved === null ? {} : { resolved }),
        });
      });
      return promise;
    },
    report: (pool, backend, generation, result) => {
      if (result.resolved !== undefined) told.push(result.resolved);
      reported.push({ backend, generation, passed: result.passed });
      story.at = time.now();
      story.when({ type: 'RecordHealthCheck', pool, backend, generation, result });
      scheduler.update(story.world);
    },
    lagChanged: (lag) => lags.push(lag),
    now: () => time.now(),
    timers: time,
    random: () => 0.5,
  });
  scheduler.update(story.world);
  const pass = (ms: number): Promise<void> => time.pass(ms, () => undefined);
  return { story, scheduler, begun, reported, failing, times, pass, lags, name, told };
}

describe('the check scheduler', () => {
  it('tells what a name stands for where that is news', async () => {
    const { name, told, pass } = running(['a']);
    name.resolved = ['10.0.0.3'];
    await pass(30_000);
    name.resolved = ['10.0.0.7'];
    await pass(30_000);
    expect(told).toEqual([['10.0.0.3'], ['10.0.0.7']]);
  });

  it('checks a new backend at once, and then every interval', async () => {
    const { begun, pass } = running(['a']);
    await pass(25_000);
    expect(begun).toEqual(['a.test at 0', 'a.test at 10010', 'a.test at 20020']);
  });

  it('checks faster as long as results contradict what is known', async () => {
    const { story, begun, failing, pass } = running(['a']);
    await pass(2_000);
    failing.add('a.test');
    begun.length = 0;
    await pass(10_035);
    expect(begun).toEqual(['a.test at 10010', 'a.test at 11020', 'a.test at 12030']);
    expect(story.backend('a').health).toBe('healthy');
    await pass(10);
    expect(story.backend('a').health).toBe('unhealthy');
    await pass(12_000);
    expect(begun.slice(3)).toEqual(['a.test at 22040']);
  });

  it('checks nothing in a pool without checks, and no more once they are taken away', async () => {
    const { story, scheduler, begun, reported, pass } = running(['a'], poolSettings());
    await pass(60_000);
    expect(begun).toEqual([]);
    story.when({ type: 'ChangePool', pool: POOL, settings: SETTINGS, expectedVersion: null });
    scheduler.update(story.world);
    await pass(5);
    story.when({ type: 'ChangePool', pool: POOL, settings: poolSettings(), expectedVersion: null });
    scheduler.update(story.world);
    await pass(60_000);
    expect(begun).toHaveLength(1);
    expect(reported).toEqual([]);
  });

  it('forgets a backend that was removed, the result on its way included', async () => {
    const { story, scheduler, begun, reported, pass } = running(['a', 'b']);
    await pass(5);
    story.when({ type: 'RemoveBackend', pool: POOL, backend: backendId('a'), expectedVersion: null });
    scheduler.update(story.world);
    await pass(60_000);
    expect(begun.filter((text) => text.startsWith('a.'))).toHaveLength(1);
    expect(reported.every(({ backend }) => backend === 'b')).toBe(true);
  });

  it('checks a backend of the same name with another address at once', async () => {
    const { story, scheduler, begun, reported, pass } = running(['a']);
    await pass(5_000);
    const before = story.backend('a').generation;
    const moved = definition('a', { address: { protocol: 'http', host: 'moved.test', port: 1 } });
    story.apply(documentOf(SETTINGS, [moved]));
    begun.length = 0;
    scheduler.update(story.world);
    await pass(10);
    expect(begun).toEqual(['moved.test at 5000']);
    expect(reported.at(-1)?.generation).toBeGreaterThan(before);
    await pass(12_000);
    expect(begun.every((text) => text.startsWith('moved.test'))).toBe(true);
  });

  it('lets a shorter interval count from now, and a longer one from the next check', async () => {
    const { story, scheduler, begun, pass } = running(['a']);
    await pass(3_000);
    begun.length = 0;
    const change = (intervalMs: number): void => {
      const settings = poolSettings({ healthCheck: { ...CHECK, intervalMs } });
      story.when({ type: 'ChangePool', pool: POOL, settings, expectedVersion: null });
      scheduler.update(story.world);
    };
    change(2_000);
    await pass(2_500);
    expect(begun).toEqual(['a.test at 5000']);
    change(60_000);
    await pass(2_000);
    expect(begun).toEqual(['a.test at 5000', 'a.test at 7010']);
  });

  it('brings the next check forward when traffic casts doubt on a backend, and never puts it off', async () => {
    const { scheduler, begun, pass } = running(['a']);
    await pass(3_000);
    begun.length = 0;
    for (let i = 0; i < 5; i += 1) {
      scheduler.hasten(POOL, backendId('a'));
      await pass(300);
    }
    scheduler.hasten(POOL, backendId('nobody'));
    expect(begun).toEqual(['a.test at 4000']);
  });

  it('never has two checks of one backend at a time', async () => {
    const { scheduler, times, begun, pass } = running(['a']);
    times.durationMs = 4_000;
    for (let i = 0; i < 20; i += 1) {
      scheduler.hasten(POOL, backendId('a'));
      await pass(700);
    }
    expect(times.peak).toBe(1);
    expect(begun.length).toBeGreaterThan(2);
  });

  it('has a bounded number of checks in flight; the others follow', async () => {
    const names = Array.from({ length: MAX_CHECKS_IN_FLIGHT + 70 }, (_, i) => `b${i}`);
    const { times, begun, pass } = running(names);
    times.durationMs = 100;
    await pass(50);
    expect(times.inFlight).toBe(MAX_CHECKS_IN_FLIGHT);
    await pass(100);
    expect(new Set(begun.map((text) => text.split(' ')[0])).size).toBe(names.length);
    expect(times.peak).toBe(MAX_CHECKS_IN_FLIGHT);
  });

  it('begins a bounded number at once, so that the loop goes on', async () => {
    const { begun, pass } = running(Array.from({ length: 1_000 }, (_, i) => `b${i}`));
    const atOnce = new Map<string, number>();
    await pass(9_000);
    for (const text of begun) {
      const [, , at = ''] = text.split(' ');
      atOnce.set(at, (atOnce.get(at) ?? 0) + 1);
    }
    expect(begun).toHaveLength(1_000);
    expect(Math.max(...atOnce.values())).toBe(MAX_BEGUN_AT_ONCE);
  });

  it('says that it is behind when backends that hang leave no room, and that it has caught up', async () => {
    const names = Array.from({ length: MAX_CHECKS_IN_FLIGHT + 70 }, (_, i) => `b${i}`);
    const { times, lags, scheduler, begun, pass } = running(names);
    times.durationMs = 8_000;
    await pass(7_000);
    expect(lags).toEqual([{ waiting: 6, lateMs: expect.any(Number), behind: true }]);
    expect(scheduler.lag().lateMs).toBeGreaterThan(6_000);
    times.durationMs = 10;
    await pass(40_000);
    expect(begun.length).toBeGreaterThan(3 * names.length);
    expect(lags.map(({ behind }) => behind)).toEqual([true, false]);
    expect(scheduler.lag()).toMatchObject({ waiting: 0, behind: false });
  });

  it('does nothing more once it is stopped', async () => {
    const { story, scheduler, begun, reported, pass } = running(['a', 'b']);
    await pass(5);
    scheduler.stop();
    scheduler.update(story.world);
    await pass(60_000);
    expect(begun).toHaveLength(2);
    expect(reported).toEqual([]);
  });
});

interface Asked {
  readonly signal: AbortSignal;
  answer(result: CheckResult | null): void;
}

/** Lets what waits for promises alone happen. */
async function settled(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
}

/** A scheduler with one backend whose checks end when the test says so. */
function arrange() {
  const timers = new VirtualTime(START);
  const asked: Asked[] = [];
  const reported: CheckResult[] = [];
  const scheduler = new CheckScheduler({
    check: (_address, _settings, _at, signal) =>
      new Promise((answer) => {
        asked.push({ signal, answer });
      }),
    report: (_pool, _backend, _generation, result) => reported.push(result),
    lagChanged: () => undefined,
    now: () => timers.now(),
    timers,
    random: () => 0.5,
  });
  const pool = poolSettings({ healthCheck: healthCheck({ intervalMs: 1_000, fastIntervalMs: 1_000 }) });
  const { world } = storyOf(documentOf(pool, [definition('a')]));
  scheduler.update(world);
  return { timers, asked, reported, scheduler };
}

describe('the schedule of health checks', () => {
  it('reports nothing where nothing was learnt, and checks again', async () => {
    const { timers, asked, reported } = arrange();
    asked[0]?.answer(null);
    await settled();
    expect(reported).toEqual([]);
    await timers.pass(1_000, () => undefined);
    expect(asked).toHaveLength(2);
    asked[1]?.answer({ at: 0, passed: true, durationMs: 1 });
    await settled();
    expect(reported).toHaveLength(1);
  });

  it('ends the checks that run when it is stopped, and begins none', async () => {
    const { timers, asked, reported, scheduler } = arrange();
    scheduler.stop();
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true]);
    asked[0]?.answer(null);
    await settled();
    await timers.pass(60_000, () => undefined);
    expect(asked).toHaveLength(1);
    expect(reported).toEqual([]);
  });
});
