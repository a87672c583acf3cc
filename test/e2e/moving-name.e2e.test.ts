/** The name of a backend moves to another address while traffic flows: traffic follows, and `why` says it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, startBackend, type BackendServer } from '../support/backend-server.js';
import { httpGet } from '../support/http-get.js';
import { QUICK_CHECK, base } from '../support/scenario.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

const PRELOAD = join(process.cwd(), 'test/support/moving-name.cjs');

describe('a backend whose name moves', () => {
  const servers: BackendServer[] = [];
  let directory: string;
  let tidegate: Tidegate;

  const pointTo = (address: string): void => writeFileSync(join(directory, 'name'), address);

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tidegate-name-'));
    const first = await startBackend(() => answer('first'));
    servers.push(first, await startBackend(() => answer('second'), { port: first.port, host: '127.0.0.2' }));
    pointTo('127.0.0.1');
    tidegate = await Tidegate.start(
      `${base(2)}limits: { upstream_connection_age: 1s }
timeouts: { upstream_keep_alive: 1m }
backends: [{ id: web-2, url: "http://moving.test:${first.port}" }]
${QUICK_CHECK}
`,
      { NODE_OPTIONS: `--require=${PRELOAD}`, MOVING_NAME_FILE: join(directory, 'name') },
    );
    await tidegate.untilAvailability('web-2', 'available');
  });
  afterAll(async () => {
    await tidegate.dispose();
    for (const server of servers) await server.close();
    rmSync(directory, { recursive: true });
  });

  it('is found where it is, by checks and traffic', async () => {
    const seen = await waitUntil('both events', async () => {
      expect((await httpGet(tidegate.url('/'))).body).toBe('first');
      const events = await tidegate.events('&type=BackendResolved');
      return events.length === 2 ? events : null;
    });
    expect(seen.map(({ data }) => data)).toEqual(
      expect.arrayContaining([
        { by: 'checks', from: [], to: ['127.0.0.1'] },
        { by: 'traffic', from: [], to: ['127.0.0.1'] },
      ]),
    );
  });

  it('is followed by traffic within the age of connections, without a request that fails', async () => {
    pointTo('127.0.0.2');
    let followed = 0;
    await waitUntil('traffic to follow', async () => {
      const { status, body } = await httpGet(tidegate.url('/'));
      expect(status).toBe(200);
      followed = body === 'second' ? followed + 1 : 0;
      return followed > 50;
    });
  });

  it('is explained by `why`: where it is, since when, and where it was', async () => {
    await waitUntil('both events', async () => {
      return (await tidegate.events('&type=BackendResolved')).length === 4;
    });
    const { stdout } = await tidegate.cli('why', 'web-2');
    expect(stdout).toMatch(/web-2 resolves to 127\.0\.0\.2 since \S+ \(before 127\.0\.0\.1\)/);
    expect(stdout).toContain('health checks go to 127.0.0.2 (before 127.0.0.1)');
    expect(stdout).toContain('new connections of traffic go to 127.0.0.2 (before 127.0.0.1)');
  });
});
