import { Load } from '../support/load.js';
import { backendList, base, PATIENT_CHECK, type Scenario, startScenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

const WORKERS = 2;

/** All workers are replaced while clients of both kinds send, and none of them sees it. */
describe('workers that are replaced one after the other', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario(2, (apps) => `${base(WORKERS)}${backendList(apps)}${PATIENT_CHECK}\n`);
  });
  afterAll(() => scenario.dispose());

  it('lose no request, though connections are kept, or made for each', async () => {
    const { tidegate } = scenario;
    const { port } = tidegate;
    const loads = [{}, { headers: { connection: 'close' } }].map(
      (options) => new Load({ port, rate: 200, connections: 50, ...options }),
    );
    for (const load of loads) load.start();
    const goOn = async (): Promise<void> => {
      const before = loads.map(({ answered }) => answered);
      await waitUntil('traffic to go on', () =>
        loads.every(({ answered }, index) => answered > (before[index] ?? 0) + 200),
      );
    };
    await goOn();
    const pids = await tidegate.workerPids();
    const { code, stdout } = await tidegate.cli('workers', 'roll');
    expect([code, stdout]).toEqual([0, expect.stringContaining(`${WORKERS} of ${WORKERS} workers replaced`)]);
    await goOn();
    const after = await tidegate.workerPids();
    expect(after).toHaveLength(WORKERS);
    expect(after.filter((pid) => pids.includes(pid))).toEqual([]);
    for (const load of loads) expect((await load.stop()).failures).toEqual([]);
    await tidegate.untilConverged();
    const reasons = (await tidegate.events('&type=WorkerExited')).map(({ sentence }) => String(sentence));
    expect(reasons.filter((sentence) => sentence.includes('replaced by worker'))).toHaveLength(WORKERS);
  });

  it('are not replaced twice at a time', async () => {
    const { tidegate } = scenario;
    const begun = await tidegate.change('POST', '/api/v1/workers/roll');
    expect(begun).toMatchObject({ status: 202, body: { state: 'running', total: WORKERS, replaced: 0 } });
    expect(await tidegate.change('POST', '/api/v1/workers/roll')).toMatchObject({
      status: 409,
      body: { type: 'urn:tidegate:roll_under_way' },
    });
    await waitUntil('the roll to be over', async (): Promise<boolean> => {
      return (await tidegate.api('/api/v1/workers')).body.roll.state === 'done';
    });
  });
});
