import { spawn } from 'node:child_process';
import { type AdminServer, startAdminServer } from '../../control-plane/admin/admin-server.js';
import { backendId, poolId } from '../../shared/ids.js';
import { adminOptions } from '../support/admin-app.js';
import { testControl, type TestControl } from '../support/control-port.js';
import { deathOn } from '../support/fleet-story.js';
import { foundFleet } from '../support/fleet/followed-events.js';
import { outBackend, seenHost, type TestFleet, testFleet } from '../support/fleet/host-views.js';
import { type CliResult, tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';
import { HOST } from '../support/workers.js';

let fleet: TestFleet;
let control: TestControl;
let server: AdminServer;
beforeEach(async () => {
  fleet = testFleet();
  control = await testControl(fleet);
  control.story.at = Date.now();
  server = await startAdminServer(adminOptions(control));
});
afterEach(() => server.close());

function run(...args: string[]): Promise<CliResult> {
  return tidegate(args, { TIDEGATE_ADMIN: `http://127.0.0.1:${server.address.port}`, NO_COLOR: '1' });
}

async function ok(...args: string[]): Promise<string> {
  const result = await run(...args);
  expect({ args, ...result }).toEqual({ args, code: 0, stdout: result.stdout, stderr: '' });
  return result.stdout;
}

/** `tidegate events --follow`, which goes on until it is stopped. */
function followEvents(): { text(): string; stop(): void } {
  const child = spawn(
    process.execPath,
    ['dist/control-plane/cli/tidegate.js', 'events', '--follow', '--limit', '1'],
    { env: { ...process.env, TIDEGATE_ADMIN: `http://127.0.0.1:${server.address.port}`, NO_COLOR: '1' } },
  );
  let text = '';
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (chunk: Buffer) => (text += chunk.toString()));
  }
  return { text: () => text, stop: () => void child.kill('SIGTERM') };
}

describe('tidegate hosts', () => {
  it('shows each host with what is wrong with it', async () => {
    const behind = { position: { epoch: 9, seq: 44 }, problem: 'Redis is full', outTotal: 2 };
    fleet.seen = [seenHost(HOST, {}, 0), seenHost('lb-2', { ...behind, mode: 'autonomous' }, 2_000)];
    fleet.members = [HOST, 'lb-2', 'lb-3'];
    expect((await ok('hosts')).split('\n')).toEqual([
      'fleet shop: lb-1 leads, 2 of 3 hosts live',
      'HOST            MODE        EVENT        WORKERS    BACKENDS OUT  HEARD   VERSION  PROBLEM',
      'lb-1 (leads) *  following   45           1/1 ready  0             0s ago  0.1.0    -',
      'lb-2            autonomous  44 (behind)  1/1 ready  2             2s ago  0.1.0    Redis is full',
      'lb-3            silent      none         none       -             -       0.1.0    -',
      '',
    ]);
    expect(JSON.parse(await ok('hosts', '--json'))).toMatchObject({ fleet: 'shop', hosts: { length: 3 } });
  });

  it('says that Redis cannot be asked', async () => {
    fleet.canAsk = false;
    const text = await ok('hosts');
    expect(text).toMatch(/^fleet shop: lb-1 leads, Redis cannot be asked/);
    expect(text).toMatch(/^lb-2 +not known /m);
  });
});

describe('tidegate status', () => {
  it('begins with the fleet', async () => {
    expect(await ok('status')).toMatch(
      /^tidegate .*\nworkers .*\nfleet shop: lb-1 leads {2}· {2}2\/2 hosts live {2}· {2}all workers on event 45 {2}· {2}Redis heard of 0s ago\n/,
    );
    Object.assign(fleet.state, { leads: false, leader: 'lb-2' });
    fleet.seen = [seenHost(HOST), seenHost('lb-2', { position: { epoch: 9, seq: 1 } })];
    expect(await ok('status')).toContain(
      'fleet shop: lb-1 follows lb-2  ·  2/2 hosts live  ·  event 45, not yet',
    );
  });

  it('says what it means that this host goes on by itself', async () => {
    const mode = { kind: 'autonomous', why: 'no-answer' } as const;
    const why = 'Redis does not answer';
    Object.assign(fleet.state, {
      mode,
      why,
      leads: false,
      leader: null,
      heardAgoMs: 61_000,
      problem: 'gone',
    });
    fleet.canAsk = false;
    const text = await ok('status');
    expect(text).toContain(
      'fleet shop: AUTONOMOUS: lb-1 goes on by itself because Redis does not answer  ·  event 45  ·  Redis heard of 1m 1s ago',
    );
    expect(text).toContain('traffic goes on by what this host knows; the fleet cannot be changed from it');
    expect(text).toContain('this host cannot follow: gone');
  });

  it('says what is wrong with how changes are stored', async () => {
    fleet.trouble = 'no replica has it';
    expect(await ok('status')).toContain('no replica has it');
  });

  it('says that the file is not the one that the fleet goes by', async () => {
    control.answers.fileStanding = 'older';
    expect(await ok('status')).toContain('tidegate reload --force applies it');
    control.answers.fileStanding = 'news';
    expect(await ok('status')).toContain('is not applied: tidegate reload applies it');
  });

  it('tells what other hosts make of a backend', async () => {
    const out = [outBackend('web', 'b', 1)];
    fleet.seen = [seenHost(HOST), seenHost('lb-2', { out, outTotal: 1 })];
    expect(await ok('status')).toMatch(/ {2}b .* on lb-2: ejected; here: /);
  });
});

it('tidegate workers shows those of all hosts', async () => {
  const workers = [{ n: 1, pid: 9, phase: 'ready', appliedSeq: 44 }];
  fleet.seen = [seenHost(HOST, {}, 0), seenHost('lb-2', { workers })];
  const lines = (await ok('workers')).split('\n');
  expect(lines[0]).toMatch(/^HOST +WORKER .* SNAPSHOT +HEARD +FLEET EVENT +REFUSED$/);
  expect(lines[1]).toMatch(/^lb-1 +1 +4001 +ready .* 1\.7 +.* ago +45 +-$/);
  expect(lines[3]).toMatch(/^lb-2 +1 +9 +ready +- +- +- +- +- +44 \(behind\) +-$/);
});

describe('the history of a host of a fleet', () => {
  const weight = { type: 'ChangeBackend', pool: poolId('web'), backend: backendId('b') } as const;

  it('names the place of an event in the log of the fleet, or the host', async () => {
    const decide = await foundFleet(control);
    await decide({ ...weight, changes: { weight: 5 }, expectedVersion: null });
    const { seq } = control.story.world.state;
    const fleetSeq = control.story.world.state.fleet!.seq;
    const lines = (await ok('events', '--limit', '3')).split('\n');
    expect(lines[0]).toMatch(new RegExp(`#${seq - 2} {2}lb-1 {2}FleetAdopted`));
    expect(lines[2]).toMatch(
      new RegExp(`#${seq} {2}fleet #${fleetSeq} at 1970-01-01 00:00:00Z {2}BackendSettingsChanged web/b: `),
    );
    const out = [outBackend('web', 'b', 1)];
    fleet.seen = [seenHost(HOST), seenHost('lb-2', { out, outTotal: 1 })];
    const why = await ok('why', 'web/b');
    expect(why).toContain('\n(as host lb-1 has it)\non lb-2: ejected\n');
    expect(why).toContain(`#${seq}  fleet #${fleetSeq} at `);
  });

  it('follows what happens to the workers of other hosts', async () => {
    const alone = control.followers();
    const following = followEvents();
    await waitUntil('the stream', () => control.followers() > alone);
    const decide = await foundFleet(control);
    for (const body of [...deathOn(HOST, 4), ...deathOn('lb-2', 3)]) await decide(body);
    const sentence = 'worker 3 of lb-2 (pid 7) died at 1970-01-01T00:00:00.005Z: signal SIGKILL';
    await waitUntil('the death', () => following.text().includes(`HostWorkerExited: ${sentence}`));
    expect(following.text()).not.toContain('worker 4');
    following.stop();
  });

  it('goes on from the log of another host that answers now, and says so', async () => {
    const alone = control.followers();
    const following = followEvents();
    const adoptions = () => following.text().split('FleetAdopted').length - 1;
    await waitUntil('the stream', () => control.followers() > alone);
    await foundFleet(control);
    await waitUntil('an event', () => adoptions() === 1);
    await server.close();
    const { port } = server.address;
    control = await testControl(fleet);
    Object.assign(control.port, { host: 'lb-2' });
    server = await startAdminServer(adminOptions(control, { port }));
    await waitUntil('the gap', () => following.text().includes('Another host answers now.'));
    await foundFleet(control);
    await waitUntil('its events', () => adoptions() === 2);
    following.stop();
  });
});

describe('a change that the fleet does not take', () => {
  it('is told with where to look', async () => {
    Object.assign(control.port, {
      submit: async () => ({ kind: 'read-only', reason: 'the fleet has no leader' }),
    });
    expect(await run('backends', 'drain', 'web/b')).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'The fleet cannot be changed from this host now: the fleet has no leader. Nothing was changed; traffic goes on. tidegate hosts shows the hosts of the fleet.\n',
    });
  });

  it('is told with how to look it up where nobody knows what became of it', async () => {
    Object.assign(control.port, { submit: async () => ({ kind: 'unknown', nonce: 'n-1' }) });
    const { code, stderr } = await run('backends', 'drain', 'web/b');
    expect(code).toBe(1);
    expect(stderr).toMatch(/is not known: .*\nTo look it up: tidegate writes n-1\n$/);
    fleet.writes.set('n-1', { kind: 'accepted', epoch: 9, seq: 46, events: 1 });
    expect(await ok('writes', 'n-1')).toBe('accepted: It was carried out. Event 46 of the fleet has it.\n');
    expect(JSON.parse(await ok('writes', 'n-1', '--json'))).toMatchObject({ outcome: 'accepted' });
    fleet.writes.set('n-1', { kind: 'expired' });
    expect(await run('writes', 'n-1')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^expired: /),
    });
    expect(await run('writes', 'n-3')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/No answer to/),
    });
  });

  it('is not called a mistake in the file where a reload meets it', async () => {
    Object.assign(control.port, { reloadConfig: async () => ({ kind: 'unknown', nonce: 'n-1' }) });
    const { code, stderr } = await run('reload');
    expect(code).toBe(1);
    expect(stderr).toMatch(/is not known: .*\nTo look it up: tidegate writes n-1\n$/);
  });
});
