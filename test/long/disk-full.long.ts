/** Minutes of traffic while the disk is filled and freed again and again, and backends die and return meanwhile. */
import { join } from 'node:path';
import { Load } from '../support/load.js';
import { QUICK_CHECK, backendList, base, startScenario } from '../support/scenario.js';
import { SmallDisk, canMount } from '../support/small-disk.js';
import { waitUntil } from '../support/wait-until.js';

const RATE = 400;
const ROUNDS = Number(process.env['TIDEGATE_ROUNDS'] ?? 20);

(canMount() ? it : it.skip)(
  `loses no request of ${RATE}/s over ${ROUNDS} rounds of a full disk`,
  async () => {
    const disk = new SmallDisk();
    const scenario = await startScenario(
      3,
      (apps) =>
        `${base(2)}data_dir: ${join(disk.dir, 'data')}\n${backendList(apps)}${QUICK_CHECK}\ncircuit_breaker: { failure_threshold: 5, reset_timeout: 500ms }\n`,
    );
    const { tidegate, apps } = scenario;
    const load = new Load({ port: tidegate.port, rate: RATE, connections: 30 });
    const isStored = async () => (await tidegate.api('/api/v1/status')).body.store.ok === true;
    try {
      load.start();
      for (let round = 0; round < ROUNDS; round += 1) {
        const app = apps[round % apps.length]!;
        disk.fill();
        await app.kill();
        await tidegate.untilAvailability(app.id, 'unhealthy');
        await waitUntil('nothing to be stored', async () => !(await isStored()));
        if (round % 2 === 0) disk.free();
        await app.listen();
        await waitUntil(`${app.id} to be back`, async () => {
          return (await tidegate.backend(app.id)).availability === 'available';
        });
        disk.free();
        await waitUntil('all to be stored', isStored);
      }
      const { sent, answered, failures, failureCount, latencyMs } = await load.stop();
      process.stdout.write(
        `${sent} sent, ${answered} answered, ${failureCount} failed, p99 ${latencyMs.p99.toFixed(1)} ms\n`,
      );
      expect(failures).toEqual([]);
      const lost = await tidegate.events('&type=EventsLost');
      expect(lost).toEqual([]);
    } finally {
      await load.stop();
      await scenario.dispose();
      disk.dispose();
    }
  },
);
