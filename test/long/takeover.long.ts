/**
 * A primary that is killed and replaced ten times under 400 requests per second, in every way of accepting. `reuse-port`
 * loses nothing only where the kernel hands on what is queued; elsewhere the number lost is printed. To try both:
 * `unshare -n sh -c 'ip link set lo up; sysctl -w net.ipv4.tcp_migrate_req=1; npm run jest -- --runInBand --testMatch …'`
 */
import { kernelMigratesConnections } from '../../control-plane/workers/accept-mode.js';
import { AppServer } from '../support/app-server.js';
import { freePort } from '../support/free-port.js';
import {
  type Lost,
  replacePrimary,
  replacePrimaryBeforeLoad,
  takeoverConfig,
} from '../support/replaced-primary.js';
import { Tidegate } from '../support/tidegate-process.js';

const KILLS = 10;
const LIMIT_MS = 300_000;

describe(`a primary that is killed and replaced ${KILLS} times`, () => {
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

  function print(what: string, { requests, failures }: Lost): void {
    process.stdout.write(`${what}: ${failures.length} of ${requests} requests lost\n`);
  }

  it(
    'loses nothing with a shared handle',
    async () => {
      await start('shared');
      const lost = await replacePrimary(tidegate, KILLS);
      print('shared', lost);
      expect(lost.failures).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'loses nothing with reuse-port where the kernel migrates connections',
    async () => {
      await start('reuse-port');
      const lost = await replacePrimary(tidegate, KILLS);
      const migrates = kernelMigratesConnections();
      print(`reuse-port, tcp_migrate_req=${migrates ? 1 : 0}`, lost);
      if (migrates) expect(lost.failures).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'loses nothing with round-robin once the next primary listens',
    async () => {
      await start('round-robin');
      const lost = await replacePrimaryBeforeLoad(tidegate, KILLS);
      print('round-robin', lost);
      expect(lost.failures).toEqual([]);
    },
    LIMIT_MS,
  );
});
