/** 10,000 backends, each checked every second: they are checked, or it is said how late that is. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { Tidegate } from '../support/tidegate-process.js';

const BACKENDS = 10_000;
const WARM_MS = 20_000;
const MEASURED_MS = 20_000;
const LIMIT_MS = 180_000;
/** An interval of a second is counted from the end of a check, and varied by a tenth. */
const DUE_PER_SECOND = BACKENDS / 1.15;
/** A check that is late by less than a second is in time. */
const LATE_PER_SECOND = BACKENDS / 2.3;

let backends: ChildProcess;
let tidegate: Tidegate;

afterAll(async () => {
  await tidegate.dispose();
  backends.kill();
});

async function checksMade(): Promise<number> {
  let made = 0;
  for (const [name, value] of await tidegate.metrics()) {
    if (name.startsWith('tidegate_health_checks_total{')) made += value;
  }
  return made;
}

it(
  'are made, or it is said how late they are',
  async () => {
    backends = spawn(process.execPath, [join(process.cwd(), 'dist/test/support/many-backends.js')]);
    const [port] = (await once(backends.stdout!, 'data')) as [Buffer];
    const urls = Array.from({ length: BACKENDS }, (_, i) => {
      const host = `127.1.${Math.floor(i / 250)}.${1 + (i % 250)}`;
      return `  - { id: b${i}, url: "http://${host}:${String(port).trim()}" }`;
    });
    tidegate = await Tidegate.start(
      [
        'listen: { host: 127.0.0.1, port: 0 }',
        'admin: { port: 0 }',
        'workers: 1',
        'health_check: { interval: 1s, timeout: 1s }',
        'backends:',
        ...urls,
      ].join('\n'),
    );
    await pause(WARM_MS);
    const [before, began] = [await checksMade(), performance.now()];
    await pause(MEASURED_MS);
    const [after, ended] = [await checksMade(), performance.now()];
    const perSecond = ((after - before) * 1_000) / (ended - began);
    const { body } = await tidegate.api('/api/v1/status');
    const said = tidegate.lines.some(({ msg }) => msg?.startsWith('health checks are late') ?? false);
    process.stdout.write(
      `${perSecond.toFixed(0)} checks a second of ${DUE_PER_SECOND.toFixed(0)}; ${JSON.stringify(body.health_checks)}; said: ${said}\n`,
    );
    expect(perSecond).toBeGreaterThan(1_000);
    if (perSecond < LATE_PER_SECOND) expect(said).toBe(true);
  },
  LIMIT_MS,
);
