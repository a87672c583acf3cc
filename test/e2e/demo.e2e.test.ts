import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { startBackend } from '../support/backend-server.js';
import { freePorts } from '../support/free-port.js';
import { countBodies, httpGet } from '../support/http-get.js';
import { tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

describe('npm run demo where ports are in use', () => {
  it('names each, with the variable that moves it, and leaves nothing behind', async () => {
    const taken = await startBackend(() => undefined);
    const { port } = taken;
    const [free1, free2, free3] = await freePorts(3);
    const demo = spawn(process.execPath, [join(process.cwd(), 'infra/demo.js')], {
      env: {
        ...process.env,
        DEMO_PORT: String(free1),
        DEMO_ADMIN_PORT: String(port),
        DEMO_BACKEND1: String(free2),
        DEMO_BACKEND2: 'eighty',
        DEMO_BACKEND3: String(free3),
      },
    });
    let errors = '';
    demo.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    expect(await new Promise((resolve) => demo.once('close', resolve))).toBe(1);
    await taken.close();
    expect(errors.trim().split('\n')).toEqual([
      expect.stringMatching(
        new RegExp(`^Port ${port} cannot be used: .* DEMO_ADMIN_PORT=\\d+ npm run demo$`),
      ),
      'DEMO_BACKEND2=eighty is not a port; expected 1 to 65535.',
    ]);
  });
});

describe('npm run demo ends all that it started', () => {
  it.each<[string, string, readonly string[], NodeJS.Signals]>([
    ['when npm is told to end', 'npm', ['run', 'demo'], 'SIGTERM'],
    ['when its terminal is closed', process.execPath, [join(process.cwd(), 'infra/demo.js')], 'SIGHUP'],
  ])('%s', async (_name, program, args, signal) => {
    const ports = await freePorts(5);
    const [port, admin, backend1, backend2, backend3] = ports.map(String);
    const started = spawn(program, args, {
      env: {
        ...process.env,
        DEMO_PORT: port,
        DEMO_ADMIN_PORT: admin,
        DEMO_BACKEND1: backend1,
        DEMO_BACKEND2: backend2,
        DEMO_BACKEND3: backend3,
      },
    });
    let output = '';
    started.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await waitUntil('the demo to be ready', () => output.includes('Tidegate forwards.'));
    started.kill(signal);
    // Its output is closed when the last process that it started has ended.
    await new Promise((resolve) => started.once('close', resolve));
    for (const used of ports) {
      await expect(httpGet(`http://127.0.0.1:${used}/`)).rejects.toThrow(/ECONNREFUSED/);
    }
  });
});

describe('npm run demo', () => {
  let demo: ChildProcess;
  let output = '';
  let ports: number[];

  beforeAll(async () => {
    ports = await freePorts(5);
    const [port, admin, backend1, backend2, backend3] = ports.map(String);
    demo = spawn(process.execPath, [join(process.cwd(), 'infra/demo.js')], {
      env: {
        ...process.env,
        DEMO_PORT: port,
        DEMO_ADMIN_PORT: admin,
        DEMO_BACKEND1: backend1,
        DEMO_BACKEND2: backend2,
        DEMO_BACKEND3: backend3,
      },
    });
    for (const stream of [demo.stdout, demo.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    await waitUntil('the demo to be ready', () => output.includes('Tidegate forwards.'), 30_000).catch(
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
      const server = await startBackend(() => undefined, { port });
      await server.close();
    }
  });

  it('forwards, and does the three things that it proposes', async () => {
    const url = `http://127.0.0.1:${ports[0]}/`;
    const admin = ['--admin', `http://127.0.0.1:${ports[1]}`];
    const counts = new Map<string, number>();
    for (const [body, count] of await countBodies(url, 24)) {
      const { backend } = JSON.parse(body) as { backend: string };
      counts.set(backend, (counts.get(backend) ?? 0) + count);
    }
    expect([...counts.keys()].sort()).toEqual(['backend1', 'backend2', 'backend3']);
    expect(counts.get('backend2')).toBeGreaterThan(counts.get('backend1')!);

    expect((await httpGet(`http://127.0.0.1:${ports[4]}/break`, { method: 'POST' })).status).toBe(200);
    const why = await waitUntil('backend3 to leave', async () => {
      await countBodies(url, 10);
      const { stdout } = await tidegate(['why', 'backend3', ...admin]);
      return /ejected|unhealthy/.test(stdout) ? stdout : false;
    });
    expect(why).toContain('backend3');
    expect((await tidegate(['backends', 'weight', 'backend1', '10', ...admin])).code).toBe(0);
    expect((await tidegate(['events', ...admin])).stdout).toContain('weight 1 → 10');
  });
});
