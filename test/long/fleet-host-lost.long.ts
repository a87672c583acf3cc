/** A host that is gone for good is forgotten after the whole minute that is granted to it; the other one serves all the while. */
import { FleetRig } from '../support/fleet/fleet-rig.js';
import { waitUntil } from '../support/wait-until.js';

const LIMIT_MS = 120_000;

describe('a fleet', () => {
  let rig: FleetRig;
  beforeAll(async () => {
    rig = await FleetRig.start();
  });
  afterAll(async () => {
    await rig.dispose();
  });

  it('tells of a host whose processes were all killed that it fell silent, and of its return', async () => {
    const [lost, left] = await rig.roles();
    rig.startLoad([left]);
    const began = performance.now();
    const workers = await lost.tidegate.workerPids();
    await lost.tidegate.killPrimary();
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    await rig.untilWritten(left);
    const told = async (type: string): Promise<readonly { data: { host: string } }[]> =>
      (await left.tidegate.events(`&type=${type}`)).filter(({ data }) => data.host === lost.name);
    await waitUntil('the loss', async () => (await told('HostLeft')).length > 0, LIMIT_MS);
    process.stdout.write(`${lost.name} left after ${Math.round((performance.now() - began) / 1_000)} s\n`);
    expect(await told('HostLeft')).toMatchObject([{ data: { reason: 'silent' } }]);
    const { body } = await left.tidegate.api('/api/v1/hosts');
    expect((body.hosts as { host: string }[]).map(({ host }) => host)).toEqual([left.name]);

    const joined = (await told('HostJoined')).length;
    await lost.tidegate.run();
    await waitUntil('its return', async () => (await told('HostJoined')).length > joined);
    await rig.untilWritable();
    await rig.expectNoLoss();
  });
});
