import { AppServer } from '../support/app-server.js';
import { freePort } from '../support/free-port.js';
import { httpGet } from '../support/http-get.js';
import { takeoverConfig } from '../support/replaced-primary.js';
import { backendList, base } from '../support/scenario.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

const BACKENDS = 12;
const STARTS = 2;
/** Answers after a start that are looked at. */
const LOOKED_AT = 100;
const SLOW_CHECK = 'health_check: { interval: 60s, timeout: 30s, path: /health }\n';

describe('a start', () => {
  let apps: readonly AppServer[];
  let tidegate: Tidegate;

  beforeAll(async () => {
    apps = await Promise.all(Array.from({ length: BACKENDS }, (_, index) => AppServer.start(`app${index}`)));
  });
  afterAll(async () => Promise.all(apps.map((app) => app.kill())));
  afterEach(async () => {
    for (const app of apps) app.healthGate = null;
    await tidegate.dispose();
  });

  it('answers nobody `no_backend` whose backends are well', async () => {
    for (let start = 0; start < STARTS; start += 1) {
      const port = await freePort();
      tidegate = Tidegate.prepare(takeoverConfig(port, 'auto', apps));
      const running = tidegate.run();
      const statuses: number[] = [];
      // Asks from before it listens.
      await waitUntil('answers', async () => {
        const answer = await httpGet(`http://127.0.0.1:${port}/`).catch(() => null);
        if (answer !== null) statuses.push(answer.status);
        return statuses.length >= LOOKED_AT;
      });
      await running;
      expect(new Set(statuses)).toEqual(new Set([200]));
      if (start < STARTS - 1) await tidegate.dispose();
    }
  });

  it('says which checks it waits for, and can be ended meanwhile', async () => {
    const never = Promise.withResolvers<void>();
    for (const app of apps.slice(0, 3)) app.healthGate = never.promise;
    const adminPort = await freePort();
    const yaml = base(1).replace('admin: { port: 0 }', `admin: { port: ${adminPort} }`);
    tidegate = Tidegate.prepare(`${yaml}${backendList(apps)}${SLOW_CHECK}`);
    const child = tidegate.spawn();
    tidegate.adminPort = adminPort;
    await waitUntil('three to be left', async () => {
      const answer = await tidegate.api('/readyz').catch(() => null);
      return answer?.status === 503 && answer.body.includes('waiting for the first health checks: 3 of 12');
    });
    child.kill('SIGTERM');
    expect(await tidegate.exited).toBe(0);
    expect(tidegate.lines.at(-1)).toMatchObject({ msg: 'stopped' });
    never.resolve();
  });

  it('does not wait for backends that were known to be healthy', async () => {
    tidegate = await Tidegate.start(`${base(1)}${backendList(apps)}${SLOW_CHECK}`);
    await tidegate.stop();
    const never = Promise.withResolvers<void>();
    for (const app of apps) app.healthGate = never.promise;
    await tidegate.run();
    expect((await httpGet(tidegate.url('/'))).status).toBe(200);
    expect(tidegate.lines.map(({ msg }) => msg)).not.toContain('waiting for the first health checks');
    never.resolve();
  });
});
