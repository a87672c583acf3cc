import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { startBackend } from '../support/backend-server.js';
import { freePorts } from '../support/free-port.js';
import { httpGet } from '../support/http-get.js';
import { tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

const SCRIPT = join(process.cwd(), 'infra/demo-fleet.js');
const NAMES = [
  'DEMO_PORT_A',
  'DEMO_PORT_B',
  'DEMO_ADMIN_A',
  'DEMO_ADMIN_B',
  'DEMO_REDIS',
  'DEMO_BACKEND1',
  'DEMO_BACKEND2',
  'DEMO_BACKEND3',
] as const;

describe('npm run demo:fleet', () => {
  let demo: ChildProcess;
  let output = '';
  let ports: number[];
  const portOf = (name: (typeof NAMES)[number]): number => ports[NAMES.indexOf(name)]!;
  const pidOf = (pattern: RegExp): number => Number(pattern.exec(output)?.[1]);

  beforeAll(async () => {
    ports = await freePorts(NAMES.length);
    demo = spawn(process.execPath, [SCRIPT], {
      env: {
        ...process.env,
        ...Object.fromEntries(NAMES.map((name, index) => [name, String(ports[index])])),
      },
    });
    for (const stream of [demo.stdout, demo.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    await waitUntil('the demo to be ready', () => output.includes('Two hosts act as one.')).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\n${output}`);
      },
    );
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => demo.once('exit', resolve));
    demo.kill('SIGINT');
    expect(await ended).toBe(0);
    // Nothing that it started is left: all its ports can be had again.
    for (const port of ports) {
      await waitUntil(`port ${port} to be free`, async () => {
        const server = await startBackend(() => undefined, { port }).catch(() => null);
        await server?.close();
        return server !== null;
      });
    }
  });

  async function backendAt(port: number, cookie?: string): Promise<{ name: string; cookie: string }> {
    const answer = await httpGet(
      `http://127.0.0.1:${port}/`,
      cookie === undefined ? {} : { headers: { cookie } },
    );
    const { backend } = JSON.parse(answer.body) as { backend: string };
    return { name: backend, cookie: answer.headers['set-cookie']?.[0]?.split(';')[0] ?? cookie ?? '' };
  }

  async function weightAt(admin: number): Promise<number> {
    const answer = await httpGet(`http://127.0.0.1:${admin}/api/v1/pools/web/backends/backend1`);
    return (JSON.parse(answer.body) as { weight: number }).weight;
  }

  it('does what it proposes', async () => {
    const [a, b] = [portOf('DEMO_ADMIN_A'), portOf('DEMO_ADMIN_B')];
    const at = (admin: number): string[] => ['--admin', `http://127.0.0.1:${admin}`];

    expect((await tidegate(['backends', 'weight', 'web/backend1', '10', ...at(a)])).code).toBe(0);
    await waitUntil('the weight on the other host', async () => (await weightAt(b)) === 10);

    const session = await backendAt(portOf('DEMO_PORT_A'));
    for (let asked = 0; asked < 4; asked += 1) {
      expect((await backendAt(portOf('DEMO_PORT_B'), session.cookie)).name).toBe(session.name);
    }
    expect((await tidegate(['backends', 'drain', `web/${session.name}`, ...at(a)])).code).toBe(0);

    const redis = pidOf(/kill -STOP (\d+);/);
    process.kill(redis, 'SIGSTOP');
    try {
      await waitUntil('a refusal', async () => {
        const { code, stderr } = await tidegate(['backends', 'weight', 'web/backend1', '5', ...at(a)]);
        return code === 1 && /cannot be changed/.test(stderr);
      });
      expect((await backendAt(portOf('DEMO_PORT_A'))).name).toMatch(/^backend/);
    } finally {
      process.kill(redis, 'SIGCONT');
    }
    const isDone = async (admin: number): Promise<boolean> =>
      (await tidegate(['backends', 'weight', 'web/backend1', '6', ...at(admin)])).code === 0;
    await waitUntil('writes', () => isDone(a));

    const hostA = pidOf(/admin http:\/\/127\.0\.0\.1:\d+\/ +pid (\d+)/);
    process.kill(hostA, 'SIGKILL');
    await waitUntil('writes on the other host', () => isDone(b));
    expect(await weightAt(b)).toBe(6);
    // Its workers go on without it.
    expect((await backendAt(portOf('DEMO_PORT_A'))).name).toMatch(/^backend/);
  });
});

describe('npm run demo:fleet without a Redis', () => {
  it('says what it needs', async () => {
    const child = spawn(process.execPath, [SCRIPT], { env: { ...process.env, PATH: '/nowhere' } });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
    expect(errors).toMatch(/needs redis-server \(7\.0 or later\) in PATH/);
  });
});
