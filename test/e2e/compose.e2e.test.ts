import { existsSync } from 'node:fs';
import { ComposeLocal } from '../support/compose-local.js';
import { httpGet } from '../support/http-get.js';
import { SpreadLoad } from '../support/spread-load.js';
import { runProgram } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

/** Requests per second. */
const RATE = 300;

beforeAll(async () => {
  const made = await runProgram('infra/compose/make-secrets', [], process.env);
  expect(made).toMatchObject({ code: 0, stderr: '' });
});

describe('the fleet of docker-compose.yml', () => {
  const compose = new ComposeLocal();
  let ports: readonly number[] = [];
  let load: SpreadLoad;

  async function portsOfWorkers(): Promise<readonly number[]> {
    return (await compose.containers('worker')).map((container) => container.ports['8080']!);
  }

  /** Lets the traffic go on for a second's requests more. */
  async function goOn(): Promise<void> {
    const before = load.answered;
    await waitUntil('the traffic to go on', () => load.answered > before + RATE);
  }

  async function leader(): Promise<string | undefined> {
    const { stdout } = await compose.run('exec', 'control', 'tidegate', 'hosts', '--json');
    const { hosts } = JSON.parse(stdout || '{"hosts":[]}') as { hosts: { host: string; leads: boolean }[] };
    return hosts.find(({ leads }) => leads)?.host;
  }

  async function untilChanged(weight: number): Promise<void> {
    const change = ['exec', 'control', 'tidegate', 'backends', 'weight', 'web/backend1', String(weight)];
    await waitUntil('a change to be made', async () => (await compose.run(...change)).code === 0);
  }

  beforeAll(async () => {
    await compose.start();
    ports = await portsOfWorkers();
    load = new SpreadLoad({ ports: () => ports, rate: RATE });
    load.start();
    await goOn();
  });
  afterAll(() => compose.dispose());

  it('is as the file says: who runs, and who waits for an image', async () => {
    const running = (await compose.containers()).map(({ name, health }) => `${name} ${health}`);
    expect(running.sort((a, b) => a.localeCompare(b))).toEqual([
      'backend1-1 healthy',
      'backend2-1 healthy',
      'backend3-1 healthy',
      'control-1 healthy',
      'control-2 healthy',
      'redis-1 healthy',
      'worker-1 healthy',
      'worker-2 healthy',
    ]);
    expect(await compose.ok('ps')).toContain('prometheus    left out: ');
  });

  it('is led by a host that decides, never by one that forwards', async () => {
    expect(await leader()).toMatch(/^control-[12]$/);
  });

  it('goes on while the leader is killed, and another one leads', async () => {
    const killed = (await waitUntil('a leader', leader)) as `control-${1 | 2}`;
    await compose.crash(killed);
    await untilChanged(2);
    await goOn();
  });

  it('goes on while a host that forwards is killed', async () => {
    await compose.crash('worker-1');
    await goOn();
  });

  it('goes on while Redis is killed, and can be changed again when it is back', async () => {
    await compose.crash('redis-1');
    await untilChanged(3);
    await goOn();
  });

  it('gets two more hosts that forward, which take their share', async () => {
    await compose.ok('up', '--scale', 'worker=4', '--wait');
    ports = await portsOfWorkers();
    expect(ports).toHaveLength(4);
    await waitUntil('each to answer', () => ports.every((port) => (load.answers.get(port) ?? 0) > 100));
    await compose.ok('up', '--wait');
    ports = await portsOfWorkers();
    expect(ports).toHaveLength(2);
    await goOn();
  });

  it('has lost no request of clients that know all its ports', async () => {
    const { sent, failed, failedOnce, reasons } = await load.stop();
    expect(failed).toEqual([]);
    process.stdout.write(
      `compose: ${sent} requests, 0 failed; of clients that try once ${failedOnce}: ${JSON.stringify(reasons)}\n`,
    );
  });

  it('ends in order, and leaves nothing behind', async () => {
    const pids = (await compose.containers()).map(({ pid }) => pid);
    const code = await compose.end();
    expect([code, code === 0 ? '' : compose.output.slice(-2_000)]).toEqual([0, '']);
    for (const pid of pids) expect(existsSync(`/proc/${pid}`)).toBe(false);
    for (const port of ports) {
      await expect(httpGet(`http://127.0.0.1:${port}/`)).rejects.toThrow(/ECONNREFUSED/);
    }
  });
});

describe('the fleet of compose.tls.yml', () => {
  const compose = new ComposeLocal(['compose.tls.yml']);
  beforeAll(() => compose.start());
  afterAll(() => compose.dispose());

  it('speaks TLS on the ports of traffic', async () => {
    const [worker] = await compose.containers('worker');
    const url = `https://localhost:${worker!.ports['8080']}/`;
    const curl = await runProgram(
      'curl',
      ['-sS', '--http2', '-w', '%{http_version}', '--cacert', 'infra/compose/secrets/tls_cert', url],
      process.env,
    );
    expect(curl).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/"backend":"backend\d"[^]*2$/),
    });
  });
});

describe('compose-local says in one sentence', () => {
  const compose = new ComposeLocal();
  afterAll(() => compose.dispose());

  it.each<[string, readonly string[], RegExp]>([
    ['that nothing runs', ['ps'], /^Nothing runs: first `up`\.\n$/],
    ['which service is unknown', ['up', '-d', '--scale', 'wroker=3'], /^There is no service wroker\.\n$/],
    [
      'what a scale has to be',
      ['up', '--scale', 'worker=many'],
      /^--scale worker=many: expected SERVICE=NUMBER\.\n$/,
    ],
    ['that a file is missing', ['-f', 'nowhere.yml', 'up', '-d'], /^There is no .*nowhere\.yml here\.\n$/],
    ['which commands it has', ['run'], /^Expected one of up, ps, port, exec, kill, stop, logs, down;/],
  ])('%s', async (_name, args, sentence) => {
    expect(await compose.run(...args)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(sentence),
    });
  });
});
