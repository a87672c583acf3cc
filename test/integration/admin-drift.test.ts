import type { ConfigDifference, DriftDocument } from '../../control-plane/documents/config-documents.js';
import { RunTimeChanges } from '../../control-plane/admin/run-time-changes.js';
import { backendId, poolId } from '../../shared/ids.js';
import { testAdmin, type TestAdmin } from '../support/admin-app.js';

let admin: TestAdmin;
beforeEach(async () => {
  admin = await testAdmin();
});
afterEach(() => admin.close());

async function drift(): Promise<DriftDocument> {
  return (await admin.request({ method: 'GET', url: '/api/v1/config/drift' })).json();
}

async function change(): Promise<void> {
  const headers = { 'if-match': '*', 'x-tidegate-actor': 'carol' };
  const a = '/api/v1/pools/web/backends/a';
  await admin.request({ method: 'PATCH', url: a, headers, payload: { weight: 5 } });
  await admin.request({ method: 'DELETE', url: '/api/v1/pools/web/backends/b', headers });
  const added = { id: 'x', url: 'http://10.0.0.9:80' };
  await admin.request({ method: 'POST', url: '/api/v1/pools/api/backends', headers, payload: added });
  const interval = { health_check: { interval: '20s' } };
  await admin.request({ method: 'PATCH', url: '/api/v1/pools/web', headers, payload: interval });
}

const reset = (body: object, ifMatch?: string) => admin.write('POST', '/api/v1/config/reset', body, ifMatch);
const paths = (differences: readonly ConfigDifference[]) => differences.map(({ path }) => path);

const ALL = [
  'pools.web.health_check',
  'pools.web.backends.a.weight',
  'pools.web.backends.b',
  'pools.api.backends.x',
];

describe('differences from the file', () => {
  it('are none at first', async () => {
    expect((await drift()).differences).toEqual([]);
  });

  it('are told with both sides, who made them and when', async () => {
    await change();
    const { differences, version } = await drift();
    expect(paths(differences)).toEqual(ALL);
    expect(differences[1]).toEqual({
      path: 'pools.web.backends.a.weight',
      file: 1,
      live: 5,
      changed: {
        seq: expect.any(Number),
        at: new Date(admin.story.at).toISOString(),
        by: 'carol (127.0.0.1) (the API)',
      },
    });
    for (const { changed } of differences) expect(changed?.by).toContain('carol');
    expect(version).toBe(admin.story.world.state.seq);
    const { config } = (await admin.request({ method: 'GET', url: '/api/v1/status' })).json();
    expect(config.drift).toBe(ALL.length);
  });

  it('are known with their authors to a primary that starts anew', async () => {
    await change();
    const changes = new RunTimeChanges();
    await changes.load(admin.log.events);
    const place = { pool: poolId('web'), backend: backendId('b'), setting: 'backend' } as const;
    expect(changes.of(place)?.actor.name).toContain('carol');
    expect(changes.of({ pool: poolId('web'), setting: 'healthCheck' })?.actor.name).toContain('carol');
    expect(changes.of({ pool: poolId('web'), setting: 'algorithm' })).toBeNull();
  });

  it('are counted in the answer to a reload', async () => {
    await change();
    const answer = (await admin.write('POST', '/api/v1/config/reload')).json();
    expect(answer).toMatchObject({ result: 'unchanged', drift: ALL.length });
  });
});

describe('going back to the file', () => {
  it.each([
    ['one setting', 'pools.web.backends.a.weight', ['pools.web.backends.a.weight']],
    ['one backend', 'pools.web.backends.a', ['pools.web.backends.a.weight']],
    ['a backend that was removed', 'pools.web.backends.b', ['pools.web.backends.b']],
    ['one pool', 'pools.web', ALL.slice(0, 3)],
  ])('in %s', async (_name, path, gone) => {
    await change();
    const response = await reset({ path });
    expect([response.statusCode, response.json()]).toEqual([
      200,
      { reset: gone, drift: ALL.length - gone.length },
    ]);
    expect(paths((await drift()).differences)).toEqual(ALL.filter((each) => !gone.includes(each)));
  });

  it('everywhere, under the version that was read', async () => {
    await change();
    const read = await admin.request({ method: 'GET', url: '/api/v1/config/drift' });
    const etag = String(read.headers['etag']);
    await admin.write('PATCH', '/api/v1/pools/api/backends/a', { weight: 7 });
    const late = await reset({ all: true }, etag);
    expect([late.statusCode, late.json().type]).toEqual([412, 'urn:tidegate:version_conflict']);
    const now = String(late.headers['etag']);
    const done = await reset({ all: true }, now);
    expect([done.statusCode, done.json().drift]).toEqual([200, 0]);
    expect(done.headers['etag']).toBe(`"${admin.story.world.state.seq}"`);
    expect((await drift()).differences).toEqual([]);
  });

  it.each<[string, object, number, string]>([
    ['a path at which nothing differs', { path: 'pools.web.algorithm' }, 404, 'not_found'],
    ['half a name', { path: 'pools.we' }, 404, 'not_found'],
    ['neither', {}, 400, 'invalid_body'],
    ['both', { all: true, path: 'pools.web' }, 400, 'invalid_body'],
    ['all: false', { all: false }, 400, 'invalid_body'],
  ])('%s is refused', async (_name, body, status, type) => {
    await change();
    const response = await reset(body);
    expect([response.statusCode, response.json().type]).toEqual([status, `urn:tidegate:${type}`]);
    expect((await drift()).differences).toHaveLength(ALL.length);
  });

  it('needs If-Match', async () => {
    const headers = { 'content-type': 'application/json' };
    const response = await admin.request({
      method: 'POST',
      url: '/api/v1/config/reset',
      headers,
      payload: { all: true },
    });
    expect(response.json().type).toBe('urn:tidegate:precondition_required');
  });

  it('is nothing where nothing differs', async () => {
    const response = await reset({ all: true });
    expect(response.json()).toEqual({ reset: [], drift: 0 });
  });
});
