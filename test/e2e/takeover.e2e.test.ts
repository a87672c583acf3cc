/** The short form of `test/long/takeover.long.ts`. */
import { kernelMigratesConnections } from '../../control-plane/workers/accept-mode.js';
import { AppServer } from '../support/app-server.js';
import { freePort } from '../support/free-port.js';
import { httpGet } from '../support/http-get.js';
import {
  isAlive,
  replacePrimary,
  replacePrimaryBeforeLoad,
  takeoverConfig,
} from '../support/replaced-primary.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

describe('a primary that is killed and replaced under load', () => {
  let app: AppServer;
  let tidegate: Tidegate;

  beforeAll(async () => {
    app = await AppServer.start('app1');
  });
  afterAll(async () => app.kill());
  afterEach(async () => tidegate.dispose());

  async function start(accept: string): Promise<void> {
    tidegate = await Tidegate.start(takeoverConfig(await freePort(), accept, [app]));
  }

  it('loses no connection and no request with a shared handle', async () => {
    await start('shared');
    const { failures } = await replacePrimary(tidegate, 2);
    expect(failures).toEqual([]);
    // Not by chance: it is the same socket.
    const handedOver = 'the listener is handed over by a worker whose primary died';
    expect(tidegate.lines.map(({ msg }) => msg)).toContain(handedOver);
  });

  it('has the old workers end first where they cannot hand over the listener', async () => {
    const longName = 'd'.repeat(120);
    const yaml = `${takeoverConfig(await freePort(), 'shared', [app])}data_dir: ./${longName}\n`;
    tidegate = await Tidegate.start(yaml);
    const orphans = await tidegate.workerPids();
    await tidegate.killPrimary();
    await tidegate.run();
    expect((await httpGet(tidegate.url('/'))).body).toBe('app1');
    await waitUntil('the old workers to end', () => !orphans.some(isAlive));
  });

  it('loses nothing with reuse-port, but for what the kernel does not hand on', async () => {
    await start('reuse-port');
    const { failures } = await replacePrimary(tidegate, 1);
    const refused = failures.filter((failure) => failure.includes('ECONNREFUSED'));
    expect(refused).toEqual([]);
    if (kernelMigratesConnections()) expect(failures).toEqual([]);
  });

  it('loses nothing with round-robin once the next primary listens', async () => {
    await start('round-robin');
    const { failures } = await replacePrimaryBeforeLoad(tidegate, 1);
    expect(failures).toEqual([]);
  });
});
