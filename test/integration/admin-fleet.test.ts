import { backendId, poolId } from '../../shared/ids.js';
import { testAdmin, type TestAdmin } from '../support/admin-app.js';
import { deathOn } from '../support/fleet-story.js';
import { foundFleet } from '../support/fleet/followed-events.js';
import { HEAD, outBackend, seenHost, type TestFleet, testFleet } from '../support/fleet/host-views.js';
import { schemaProblems } from '../support/schema-problems.js';
import { HOST } from '../support/workers.js';

const SINCE = 1_767_225_600_000;
const POSITION = { epoch: 9, seq: 45 };

let fleet: TestFleet;
let admin: TestAdmin;
beforeEach(async () => {
  fleet = testFleet();
  admin = await testAdmin({}, fleet);
});
afterEach(() => admin.close());

async function get(url: string, status = 200) {
  const response = await admin.request({ method: 'GET', url });
  expect({ url, status: response.statusCode }).toEqual({ url, status });
  return response.json();
}

function autonomous(): void {
  const mode = { kind: 'autonomous', why: 'no-answer' } as const;
  const problem = 'Connection is closed.';
  Object.assign(fleet.state, { mode, why: 'Redis does not answer', leader: null, leads: false, problem });
  fleet.canAsk = false;
}

/** What `lb-2` tells: backend `web/b` is ejected there. */
function ejectedElsewhere(heardAgoMs = 300): void {
  const out = [outBackend('web', 'b', SINCE)];
  fleet.seen = [seenHost(HOST, {}, 0), seenHost('lb-2', { out, outTotal: 1 }, heardAgoMs)];
}

describe('the hosts of a fleet', () => {
  it('are listed with where they stand', async () => {
    const behind = { position: { epoch: 9, seq: 40 }, problem: 'the log cannot be read', outTotal: 3 };
    const workers = [
      { n: 1, pid: 7, phase: 'ready', appliedSeq: 45 },
      { n: 2, pid: null, phase: 'backing-off', appliedSeq: null },
    ];
    fleet.seen = [
      seenHost(HOST, { workers }, 0),
      seenHost('lb-2', { ...behind, mode: 'autonomous' }, 8_000.4),
    ];
    fleet.members = [HOST, 'lb-2', 'lb-3'];
    expect(await get('/api/v1/hosts')).toEqual({
      fleet: 'shop',
      asked: true,
      hosts: [
        {
          host: HOST,
          self: true,
          live: true,
          leads: true,
          mode: 'following',
          version: '0.1.0',
          position: POSITION,
          at_head: true,
          heard_ms: 0,
          workers: { ready: 1, total: 2, converged: 1 },
          backends_out: 0,
          problem: null,
        },
        expect.objectContaining({
          host: 'lb-2',
          live: false,
          mode: 'autonomous',
          at_head: false,
          heard_ms: 8_000,
          backends_out: 3,
          problem: 'the log cannot be read',
        }),
        {
          host: 'lb-3',
          self: false,
          live: false,
          leads: false,
          mode: null,
          version: '0.1.0',
          position: null,
          at_head: false,
          heard_ms: null,
          workers: { ready: 0, total: 0, converged: 0 },
          backends_out: null,
          problem: null,
        },
      ],
    });
  });

  it('are told by name where Redis cannot be asked', async () => {
    autonomous();
    const { asked, hosts } = await get('/api/v1/hosts');
    expect(asked).toBe(false);
    expect(hosts).toMatchObject([
      { host: HOST, live: true },
      { host: 'lb-2', live: false, mode: null },
    ]);
  });

  it('are none where there is no fleet', async () => {
    const alone = await testAdmin();
    const answer = await alone.request({ method: 'GET', url: '/api/v1/hosts' });
    expect(answer.json()).toEqual({ fleet: null, asked: false, hosts: [] });
    await alone.close();
  });
});

describe('the status of a host of a fleet', () => {
  it('says who leads, and whether all have the same', async () => {
    expect((await get('/api/v1/status')).fleet).toEqual({
      name: 'shop',
      host: HOST,
      mode: 'following',
      why: null,
      leader: HOST,
      leads: true,
      position: POSITION,
      head: POSITION,
      hosts: { live: 2, total: 2 },
      converged: true,
      heard_ms: 250,
      problem: null,
      warning: null,
    });
    fleet.seen = [seenHost(HOST), seenHost('lb-2', { position: { epoch: 9, seq: 1 } })];
    expect((await get('/api/v1/status')).fleet).toMatchObject({ converged: false });
  });

  it('says what is wrong with how changes are stored', async () => {
    fleet.trouble = 'no replica has it';
    expect((await get('/api/v1/status')).fleet).toMatchObject({ warning: 'no replica has it' });
  });

  it('says why it goes on by itself, and what it cannot know then', async () => {
    autonomous();
    expect((await get('/api/v1/status')).fleet).toMatchObject({
      mode: 'autonomous',
      why: 'Redis does not answer',
      leader: null,
      hosts: null,
      converged: null,
      problem: 'Connection is closed.',
    });
  });
});

describe('views of backends in a fleet', () => {
  it('say whose verdict they show, and what other hosts make of a backend', async () => {
    ejectedElsewhere();
    const other = { host: 'lb-2', availability: 'ejected', since: new Date(SINCE).toISOString() };
    const expected = { id: 'b', verdict_of: HOST, elsewhere: [other] };
    const ids = ['a', 'b'];
    const { backends } = await get('/api/v1/pools/web/backends');
    expect(backends).toMatchObject([{ id: 'a', verdict_of: HOST, elsewhere: [] }, expected]);
    expect(await get('/api/v1/pools/web/backends/b')).toMatchObject(expected);
    const pool = await get('/api/v1/pools/web');
    expect(pool).toMatchObject({ verdict_of: HOST, backends: ids.map((id) => ({ id, verdict_of: HOST })) });
    expect((await get('/api/v1/pools')).pools[0].backends[1]).toMatchObject(expected);
    expect((await get('/api/v1/status')).pools[0].backends[1]).toMatchObject(expected);
    const changed = await admin.write('PATCH', '/api/v1/pools/web/backends/b', { weight: 7 });
    expect(changed.json()).toMatchObject({ ...expected, weight: 7 });
  });

  it('do not go by hosts that are silent', async () => {
    ejectedElsewhere(9_000);
    expect(await get('/api/v1/pools/web/backends/b')).toMatchObject({ elsewhere: [] });
  });

  it('say that other hosts cannot be asked', async () => {
    ejectedElsewhere();
    autonomous();
    expect(await get('/api/v1/pools/web/backends/b')).toMatchObject({ verdict_of: HOST, elsewhere: null });
  });
});

describe('the workers of a fleet', () => {
  it('are those of all hosts, the own ones in full', async () => {
    const own = { pid: 4_001, phase: 'ready' };
    const workers = [
      { ...own, n: 1, appliedSeq: 45 },
      { ...own, n: 2, appliedSeq: 44 },
    ];
    fleet.seen = [seenHost(HOST, { workers }, 0), seenHost('lb-2'), seenHost('lb-3', {}, 9_000)];
    expect((await get('/api/v1/workers')).workers).toMatchObject([
      { host: HOST, worker: 1, applied_seq: 45, converged: true, connections: 3, slot: 0 },
      { host: HOST, worker: 2, applied_seq: 44, converged: false },
      { host: 'lb-2', worker: 1, pid: 101, phase: 'ready', applied_seq: 45, converged: true },
    ]);
  });

  it('have not converged while their host is behind the log', async () => {
    fleet.seen = [seenHost(HOST, { position: { epoch: 9, seq: 40 } }, 0)];
    expect((await get('/api/v1/workers')).workers[0]).toMatchObject({ worker: 1, converged: false });
  });
});

describe('a write of unknown outcome', () => {
  it.each([
    [
      { kind: 'accepted', ...HEAD, events: 2 } as const,
      { outcome: 'accepted', position: POSITION, events: 2, detail: 'It was carried out.' },
    ],
    [
      { kind: 'rejected', code: 'unknown_pool', message: 'there is no pool x' } as const,
      { outcome: 'rejected', code: 'unknown_pool', detail: 'It was refused: there is no pool x.' },
    ],
    [{ kind: 'expired' } as const, { outcome: 'expired', detail: expect.stringMatching(/too late/) }],
    [{ kind: 'moved' } as const, { outcome: 'moved', detail: expect.stringMatching(/ceased to lead/) }],
    [{ kind: 'unknown' } as const, { outcome: 'unknown', detail: expect.stringMatching(/answered/) }],
  ])('can be looked up: %j', async (fate, expected) => {
    fleet.writes.set('n-1', fate);
    expect(await get('/api/v1/writes/n-1')).toEqual({ nonce: 'n-1', ...expected });
  });

  it('is not found where nobody knows it, and cannot be looked up while Redis cannot be asked', async () => {
    expect(await get('/api/v1/writes/n-2', 404)).toMatchObject({ type: 'urn:tidegate:unknown_write' });
    expect(await get('/api/v1/writes/n_2', 404)).toMatchObject({ type: 'urn:tidegate:not_found' });
    fleet.canAsk = false;
    expect(await get('/api/v1/writes/n-2', 503)).toMatchObject({
      type: 'urn:tidegate:control_plane_unavailable',
    });
    const alone = await testAdmin();
    const answer = await alone.request({ method: 'GET', url: '/api/v1/writes/n-2' });
    expect([answer.statusCode, answer.json().type]).toEqual([404, 'urn:tidegate:unknown_write']);
    await alone.close();
  });
});

describe('answers to reads', () => {
  it('say how new they are', async () => {
    const { headers } = await admin.request({ method: 'GET', url: '/api/v1/pools' });
    expect(headers).toMatchObject({ 'x-tidegate-position': '45-9', 'x-tidegate-age-ms': '250' });
    const write = await admin.write('PATCH', '/api/v1/pools/web/backends/b', { weight: 7 });
    expect(write.headers).not.toHaveProperty('x-tidegate-position');
    Object.assign(fleet.state, { position: null, heardAgoMs: null });
    const never = await admin.request({ method: 'GET', url: '/api/v1/pools' });
    expect(never.headers).not.toHaveProperty('x-tidegate-age-ms');
    expect(never.headers).not.toHaveProperty('x-tidegate-position');
  });

  it('say nothing of it where there is no fleet', async () => {
    const alone = await testAdmin();
    const { headers } = await alone.request({ method: 'GET', url: '/api/v1/status' });
    expect(headers).not.toHaveProperty('x-tidegate-age-ms');
    await alone.close();
  });
});

describe('the file of a host of a fleet', () => {
  it.each([
    ['in-force', 'in-force'],
    ['older', 'older'],
    ['news', 'not-applied'],
    [null, null],
  ] as const)('is told to be %s', async (standing, expected) => {
    admin.answers.fileStanding = standing;
    expect((await get('/api/v1/config')).file_standing).toBe(expected);
    expect((await get('/api/v1/status')).config.file_standing).toBe(expected);
  });
});

describe('the history of a host of a fleet', () => {
  const weight = { type: 'ChangeBackend', pool: poolId('web'), backend: backendId('b') } as const;
  const change = { ...weight, changes: { weight: 5 }, expectedVersion: null } as const;

  it('tells where an event stands in the log of the fleet, or whose doing it is', async () => {
    const decide = await foundFleet(admin);
    admin.story.at += 60_000;
    await decide(change);
    const { events } = await get('/api/v1/events?limit=3');
    const position = { epoch: 9, seq: expect.any(Number), command: expect.any(Number) };
    expect(events[0]).toMatchObject({
      type: 'BackendSettingsChanged',
      fleet: { ...position, at: '1970-01-01T00:00:00.005Z', at_ms: 5 },
    });
    expect(events[0]).not.toHaveProperty('host');
    expect(events[1]).toMatchObject({ type: 'FleetFounded', fleet: position });
    expect(events[2]).toMatchObject({ type: 'FleetAdopted', host: HOST });
    expect(events[2]).not.toHaveProperty('fleet');
    expect(events[0].fleet.seq).toBe(events[1].fleet.seq + 1);
  });

  it('tells of workers that died on other hosts, and of its own where that is asked for', async () => {
    const decide = await foundFleet(admin);
    for (const body of [...deathOn('lb-2', 3), ...deathOn(HOST, 4)]) await decide(body);
    const dead = async (query: string) => {
      const { events } = await get(`/api/v1/events?${query}`);
      return events.flatMap(({ type, data }: { type: string; data: { host: string; n: number } }) =>
        type === 'HostWorkerExited' ? [[data.host, data.n]] : [],
      );
    };
    expect(await dead('limit=100')).toEqual([['lb-2', 3]]);
    expect(await dead('type=HostWorkerExited')).toEqual([
      [HOST, 4],
      ['lb-2', 3],
    ]);
  });

  it('tells whose verdict an explanation is, and what other hosts say now', async () => {
    const decide = await foundFleet(admin);
    await decide(change);
    ejectedElsewhere();
    const why = await get('/api/v1/pools/web/backends/b/why');
    expect(why).toMatchObject({ verdict_of: HOST, elsewhere: [{ host: 'lb-2', availability: 'ejected' }] });
    expect(why.steps.at(-1)).toMatchObject({ type: 'BackendSettingsChanged', fleet: { epoch: 9 } });
    expect(why.steps[0]).not.toHaveProperty('fleet');
    const then = await get(`/api/v1/pools/web/backends/b/why?at=${admin.story.at}`);
    expect(then.verdict_of).toBe(HOST);
    expect(then).not.toHaveProperty('elsewhere');
  });

  it('names no host where there is no fleet', async () => {
    const alone = await testAdmin();
    const { events } = (await alone.request({ method: 'GET', url: '/api/v1/events' })).json();
    expect(events[0]).not.toHaveProperty('host');
    const why = await alone.request({ method: 'GET', url: '/api/v1/pools/web/backends/b/why' });
    expect(why.json()).not.toHaveProperty('verdict_of');
    await alone.close();
  });
});

it.each([
  ['/api/v1/events', '/api/v1/events'],
  ['/api/v1/pools/{pool}/backends/{id}/why', '/api/v1/pools/web/backends/b/why'],
  ['/api/v1/hosts', '/api/v1/hosts'],
  ['/api/v1/writes/{nonce}', '/api/v1/writes/n-1'],
  ['/api/v1/status', '/api/v1/status'],
  ['/api/v1/workers', '/api/v1/workers'],
  ['/api/v1/pools', '/api/v1/pools'],
  ['/api/v1/config', '/api/v1/config'],
])('the description of the API is what %s answers', async (path, url) => {
  await foundFleet(admin);
  ejectedElsewhere();
  fleet.writes.set('n-1', { kind: 'accepted', ...HEAD, events: 2 });
  const description = await get('/api/v1/openapi.json');
  const { schema } = description.paths[path].get.responses['200'].content['application/json'];
  expect(schemaProblems(await get(url), schema, description.components.schemas)).toEqual([]);
  autonomous();
  if (!path.includes('nonce')) {
    expect(schemaProblems(await get(url), schema, description.components.schemas)).toEqual([]);
  }
});
