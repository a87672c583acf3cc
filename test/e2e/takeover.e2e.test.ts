/** The short form of `test/long/takeover.long.ts`. */
import { kernelMigratesConnections } from '../../control-plane/workers/accept-mode.js';
import { AppServer } from '../support/app-server.js';
import { startBackend } from '../support/backend-server.js';
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

  it.each([
    ['they cannot hand over the listener', 'shared', 'd'.repeat(120)],
    ['they have none to hand over', 'reuse-port', 'data'],
  ])('has the old workers end first where %s', async (_name, accept, directory) => {
    const port = await freePort();
    const yaml = (how: string): string => `${takeoverConfig(port, how, [app])}data_dir: ./${directory}\n`;
    tidegate = await Tidegate.start(yaml(accept));
    const orphans = await tidegate.workerPids();
    await tidegate.killPrimary();
    tidegate.write(yaml('shared'));
    await tidegate.run();
    expect((await httpGet(tidegate.url('/'))).body).toBe('app1');
    await waitUntil('the old workers to end', () => !orphans.some(isAlive));
  });

  it('leaves the old workers alone where another program has the port that the file now names', async () => {
    await start('shared');
    const orphans = await tidegate.workerPids();
    await tidegate.killPrimary();
    const other = await startBackend(() => undefined);
    tidegate.write(takeoverConfig(other.port, 'shared', [app]));
    await expect(tidegate.run()).rejects.toThrow('in use by another program');
    await other.close();
    expect((await httpGet(tidegate.url('/'))).body).toBe('app1');
    expect(orphans.filter(isAlive)).toEqual(orphans);
    tidegate.write(takeoverConfig(tidegate.port, 'shared', [app]));
    await tidegate.run();
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
