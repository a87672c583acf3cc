import { AppServer } from '../support/app-server.js';
import { httpGet } from '../support/http-get.js';
import { backendList, base } from '../support/scenario.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

const HARMFUL = ['SIGUSR1', 'SIGUSR2'] as const;

describe('signals that would harm', () => {
  let app: AppServer;
  let tidegate: Tidegate;

  beforeAll(async () => {
    app = await AppServer.start('app1');
    tidegate = await Tidegate.start(`${base(1)}${backendList([app])}`);
  });
  afterAll(async () => {
    await tidegate.dispose();
    await app.kill();
  });

  /** Whose logs have a line for it. */
  const told = (signal: string): readonly unknown[] =>
    tidegate.lines
      .filter((line) => line.msg === 'signal ignored' && line['signal'] === signal)
      .map((line) => (line['worker'] === undefined ? 'primary' : 'worker'));

  it.each(HARMFUL)('%s is ignored by primary and workers, with one line in the log each', async (signal) => {
    const [worker] = await tidegate.workerPids();
    for (const pid of [tidegate.pid, worker!]) process.kill(pid, signal);
    await waitUntil('both to say so', () => told(signal).length >= 2);
    expect(new Set(told(signal))).toEqual(new Set(['primary', 'worker']));
    expect(told(signal)).toHaveLength(2);
    expect(await tidegate.workerPids()).toEqual([worker]);
    expect((await httpGet(tidegate.url('/'))).status).toBe(200);
    // What Node says when its inspector opens.
    expect(tidegate.stderr).not.toContain('Debugger');
  });

  it('do not end a start either', async () => {
    const starting = Tidegate.prepare(`${base(1)}${backendList([app])}`);
    const child = starting.spawn();
    try {
      const began = (): boolean => starting.lines.length > 0;
      await waitUntil('the first line of the log', began);
      for (const signal of [...HARMFUL, 'SIGXFSZ'] as const) child.kill(signal);
      const forwarding = (): boolean => starting.lines.some(({ msg }) => msg === 'forwarding');
      await waitUntil('it to forward', forwarding);
      expect(starting.stderr).not.toContain('Debugger');
    } finally {
      await starting.dispose();
    }
  });

  it('from a terminal go to workers too, which leave them to the primary', async () => {
    const [worker] = await tidegate.workerPids();
    process.kill(worker!, 'SIGINT');
    process.kill(worker!, 'SIGHUP');
    process.kill(worker!, 'SIGPIPE');
    expect((await httpGet(tidegate.url('/'))).status).toBe(200);
    expect(await tidegate.workerPids()).toEqual([worker]);
  });
});
