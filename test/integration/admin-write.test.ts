import { EventLogError } from '../../control-plane/event-log/event-log.js';
import { backendId, poolId } from '../../shared/ids.js';
import { testAdmin, type TestAdmin } from '../support/admin-app.js';

let admin: TestAdmin;
beforeEach(async () => {
  admin = await testAdmin();
});
afterEach(() => admin.close());

function pool(name: string) {
  return admin.story.world.state.pools.get(poolId(name))!;
}
const version = (name = 'web'): number => pool(name).version;
const backend = (id: string) => pool('web').backends.get(backendId(id));

describe('adding a backend', () => {
  it('answers where it is, what it is, and the new version', async () => {
    const response = await admin.write('POST', '/api/v1/pools/web/backends', {
      id: 'c',
      url: 'https://c.example',
      weight: 4,
    });
    expect(response.statusCode).toBe(201);
    expect(response.headers['location']).toBe('/api/v1/pools/web/backends/c');
    expect(response.headers['etag']).toBe(`"${version()}"`);
    expect(response.json()).toMatchObject({
      pool: 'web',
      id: 'c',
      url: 'https://c.example:443',
      weight: 4,
      origin: 'api',
      availability: 'unchecked',
    });
    const read = await admin.request({ method: 'GET', url: response.headers['location'] as string });
    expect(read.json()).toEqual(response.json());
  });

  it('gives weight 1 when none is named', async () => {
    await admin.write('POST', '/api/v1/pools/web/backends', { id: 'c', url: 'http://c:1' });
    expect(backend('c')?.weight).toBe(1);
  });
});

describe('changing a backend', () => {
  it('changes weight and admin state together', async () => {
    const response = await admin.write('PATCH', '/api/v1/pools/web/backends/b', {
      weight: 0,
      admin: 'draining',
    });
    expect(response.json()).toMatchObject({ weight: 0, admin: 'draining' });
    expect(response.headers['etag']).toBe(`"${version()}"`);
  });

  it.each(['draining', 'maintenance', 'ready'])('sets it to %s', async (state) => {
    await admin.write('PATCH', '/api/v1/pools/web/backends/b', { admin: state });
    expect(backend('b')?.admin).toBe(state);
  });

  it('to what it is already changes no version and makes no event', async () => {
    const before = { version: version(), seq: admin.story.world.state.seq };
    const response = await admin.write('PATCH', '/api/v1/pools/web/backends/b', {
      weight: 3,
      admin: 'ready',
    });
    expect([response.statusCode, response.headers['etag']]).toEqual([200, `"${before.version}"`]);
    expect({ version: version(), seq: admin.story.world.state.seq }).toEqual(before);
  });
});

describe('the connection limit of a backend', () => {
  it('is its own, or its pool’s', async () => {
    const url = '/api/v1/pools/web/backends/b';
    const limitOf = async (body: object) => {
      const response = await admin.write('PATCH', url, body);
      expect(response.statusCode).toBe(200);
      return (response.json() as { max_connections: unknown }).max_connections;
    };
    expect(await limitOf({ weight: 1 })).toBeNull();
    expect(await limitOf({ max_connections: 12 })).toBe(12);
    await admin.write('PATCH', '/api/v1/pools/web', { max_connections: 30 });
    expect(await limitOf({ weight: 2 })).toBe(12);
    expect(await limitOf({ max_connections: null })).toBe(30);
    const added = { id: 'c', url: 'http://c.example', max_connections: 3 };
    expect((await admin.write('POST', '/api/v1/pools/web/backends', added)).json()).toMatchObject({
      max_connections: 3,
    });
  });

  it('is a whole number from 1', async () => {
    for (const max_connections of [0, 1.5, 'many']) {
      const response = await admin.write('PATCH', '/api/v1/pools/web/backends/b', { max_connections });
      expect(response.statusCode).toBe(400);
    }
  });
});

describe('removing a backend', () => {
  it('answers nothing but the new version, and 404 the second time', async () => {
    const first = await admin.write('DELETE', '/api/v1/pools/web/backends/b');
    expect([first.statusCode, first.body, first.headers['etag']]).toEqual([204, '', `"${version()}"`]);
    expect((await admin.write('DELETE', '/api/v1/pools/web/backends/b')).statusCode).toBe(404);
  });
});

describe('changing a pool', () => {
  const CHANGES: readonly [string, object, object][] = [
    ['the algorithm', { algorithm: 'least-connections' }, { algorithm: 'least-connections' }],
    [
      'one setting, leaving its neighbours',
      { health_check: { interval: '1m30s' } },
      { health_check: { interval: '1m30s', path: '/health', timeout: '5s' } },
    ],
    [
      'a setting back to its default',
      { health_check: { path: null } },
      { health_check: { path: '/', interval: '10s' } },
    ],
    ['a section to off', { health_check: null }, { health_check: { enabled: false } }],
    [
      'a section to off by its switch',
      { circuit_breaker: { enabled: false } },
      { circuit_breaker: { enabled: false } },
    ],
    [
      'a section to on by a setting',
      { sticky_session: { cookie_name: 'sid' } },
      {
        sticky_session: {
          enabled: true,
          type: 'cookie',
          cookie_name: 'sid',
          timeout: '1h',
          absolute_timeout: '1d',
        },
      },
    ],
    [
      'to affinity by address',
      { sticky_session: { type: 'ip', ipv4_prefix: 24 } },
      { sticky_session: { enabled: true, type: 'ip', ipv4_prefix: 24, ipv6_prefix: 64 } },
    ],
    [
      'the breaker',
      { circuit_breaker: { failure_threshold: 9, failure_ratio: '25%', window: '20s' } },
      { circuit_breaker: { failure_threshold: 9, failure_ratio: 0.25, window: '20s', half_open_limit: 3 } },
    ],
    [
      'status codes',
      { health_check: { expected_status: ['200-204', 301, '4xx'] } },
      { health_check: { expect: { status: ['200-204', '301', '4xx'] } } },
    ],
    [
      'one expectation of several',
      { health_check: { expect: { body: '/up|ok/' } } },
      { health_check: { expect: { status: ['2xx'], body: '/up|ok/' } } },
    ],
    [
      'how checks ask',
      { health_check: { host: 'WWW.Example', method: 'OPTIONS', port: 81, headers: { 'X-Check': 'a, b' } } },
      { health_check: { host: 'www.example', method: 'OPTIONS', port: 81, headers: { 'X-Check': 'a, b' } } },
    ],
    [
      'expectations to their defaults',
      { health_check: { expect: null, host: null, headers: null } },
      { health_check: { expect: { status: ['2xx'] }, headers: {} } },
    ],
    ['the connection limit', { max_connections: 40 }, { max_connections: 40 }],
    ['the connection limit to none', { max_connections: null }, { max_connections: null }],
    [
      'a part of the queue',
      { queue: { max_pending: 3 } },
      { queue: { max_pending: 3, timeout: '5s' }, max_connections: null },
    ],
    ['the queue to its defaults', { queue: null }, { queue: { max_pending: 128, timeout: '5s' } }],
    ['a timeout of the pool', { timeouts: { response_head: '10m' } }, { timeouts: { response_head: '10m' } }],
    [
      'its retries',
      { retry: { attempts: 1, buffer: 0 } },
      { retry: { attempts: 1, buffer: '0B' }, timeouts: null },
    ],
    [
      'several sections at once',
      { algorithm: 'random', health_check: { timeout: '1s' }, circuit_breaker: null },
      { algorithm: 'random', health_check: { timeout: '1s' }, circuit_breaker: { enabled: false } },
    ],
  ];
  it.each(CHANGES)('changes %s', async (_name, patch, expected) => {
    const response = await admin.write('PATCH', '/api/v1/pools/web', patch);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject(expected);
    expect(response.headers['etag']).toBe(`"${version()}"`);
    expect((await admin.request({ method: 'GET', url: '/api/v1/pools/web' })).json()).toEqual(
      response.json(),
    );
  });

  it('changes one timeout of the pool beside another, and takes each and all back', async () => {
    const patch = async (timeouts: object | null): Promise<unknown> =>
      (await admin.write('PATCH', '/api/v1/pools/web', { timeouts })).json().timeouts;
    expect(await patch({ response_head: '10m' })).toEqual({ response_head: '10m' });
    expect(await patch({ connect: '1s' })).toEqual({ response_head: '10m', connect: '1s' });
    expect(await patch({ response_head: null })).toEqual({ connect: '1s' });
    expect(await patch({ connect: null })).toBeNull();
    expect(await patch({ tunnel_idle: '1m' })).toEqual({ tunnel_idle: '1m' });
    expect(await patch(null)).toBeNull();
    expect((await admin.request({ method: 'GET', url: '/api/v1/config' })).json().drift).toEqual([]);
  });

  it('refuses what belongs to the file, and what is out of range, with the place', async () => {
    const response = await admin.write('PATCH', '/api/v1/pools/web', {
      timeouts: { keep_alive: '1s', connect: '1h', conect: '1s' },
      retry: { budget_min: 3 },
    });
    expect(response.statusCode).toBe(400);
    expect(response.json().problems).toEqual([
      { path: 'timeouts.connect', message: 'expected a duration from 1ms to 5m' },
      {
        path: 'timeouts.keep_alive',
        message: expect.stringMatching(/^expected in timeouts of the file, because /),
      },
      { path: 'timeouts.conect', message: 'unknown key; did you mean connect?' },
      {
        path: 'retry.budget_min',
        message: expect.stringMatching(/^expected in retry of the file, because /),
      },
    ]);
  });

  it('takes back what it gives out', async () => {
    await admin.write('PATCH', '/api/v1/pools/web', { sticky_session: { type: 'cookie' } });
    const { algorithm, health_check, circuit_breaker, sticky_session } = (
      await admin.request({ method: 'GET', url: '/api/v1/pools/web' })
    ).json();
    const before = version();
    const response = await admin.write('PATCH', '/api/v1/pools/web', {
      algorithm,
      health_check,
      circuit_breaker,
      sticky_session,
    });
    expect([response.statusCode, version()]).toEqual([200, before]);
  });

  it('leaves what was patched when the file is loaded again', async () => {
    await admin.write('PATCH', '/api/v1/pools/web', { health_check: { interval: '20s' } });
    const reload = await admin.request({ method: 'POST', url: '/api/v1/config/reload' });
    expect(reload.json()).toEqual({
      result: 'unchanged',
      events: 0,
      restart_needed: [],
      drift: 1,
    });
    const read = await admin.request({ method: 'GET', url: '/api/v1/pools/web' });
    expect(read.json().health_check.interval).toBe('20s');
  });
});

describe('If-Match', () => {
  const url = '/api/v1/pools/web/backends/b';
  const patch = (ifMatch: string | undefined) =>
    admin.request({
      method: 'PATCH',
      url,
      payload: { weight: 9 },
      headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
    });

  it('with the present version lets a write through', async () => {
    expect((await patch(`"${version()}"`)).statusCode).toBe(200);
  });

  it('with one of several versions lets it through', async () => {
    expect((await patch(`"1", "${version()}"`)).statusCode).toBe(200);
    expect((await patch(`"a,b","${version()}"`)).statusCode).toBe(200);
  });

  const REFUSED: readonly [string, string | undefined, number, string][] = [
    ['missing', undefined, 428, 'precondition_required'],
    ['empty', '', 428, 'precondition_required'],
    ['stale', '"1"', 412, 'version_conflict'],
    ['weak', 'W/"6"', 412, 'version_conflict'],
    ['from the future', '"999"', 412, 'version_conflict'],
    ['one of others, with a comma within', '"a,b", W/""', 412, 'version_conflict'],
    ['with something after it', '"6" 7', 400, 'invalid_precondition'],
    ['with a comma too many', '"6",', 400, 'invalid_precondition'],
    ['not quoted', '6', 400, 'invalid_precondition'],
    ['half quoted', '"6', 400, 'invalid_precondition'],
    ['of another kind', '"6";"7"', 400, 'invalid_precondition'],
  ];
  it.each(REFUSED)('%s is refused, and nothing is changed', async (_name, ifMatch, status, type) => {
    const response = await patch(ifMatch);
    expect([response.statusCode, response.json().type]).toEqual([status, `urn:tidegate:${type}`]);
    expect(backend('b')?.weight).toBe(3);
    if (status === 412) {
      expect(response.json().current_version).toBe(version());
      expect(response.headers['etag']).toBe(`"${version()}"`);
    }
  });

  const WRITES: readonly ['POST' | 'PATCH' | 'DELETE', string, object | undefined][] = [
    ['POST', '/api/v1/pools/web/backends', { id: 'c', url: 'http://c:1' }],
    ['PATCH', '/api/v1/pools/web', { algorithm: 'random' }],
    ['PATCH', '/api/v1/pools/web/backends/b', { weight: 9 }],
    ['DELETE', '/api/v1/pools/web/backends/b', undefined],
  ];
  it.each(WRITES)('is needed by %s %s', async (method, path, payload) => {
    const without = await admin.request({ method, url: path, ...(payload === undefined ? {} : { payload }) });
    expect(without.statusCode).toBe(428);
    expect((await admin.write(method, path, payload, '"1"')).statusCode).toBe(412);
  });

  it.each(WRITES)(
    'of the version read refuses %s %s when somebody else was faster',
    async (method, path, payload) => {
      const before = version();
      admin.answers.beforeSubmit = async () => {
        admin.answers.beforeSubmit = null;
        await admin.send({
          type: 'AddBackend',
          pool: poolId('web'),
          backend: { id: backendId('other'), address: { protocol: 'http', host: 'o', port: 1 }, weight: 1 },
          expectedVersion: null,
          actor: { kind: 'api', name: 'somebody else' },
        });
      };
      const response = await admin.write(method, path, payload, `"${before}"`);
      expect([response.statusCode, response.json().current_version]).toEqual([412, version()]);
    },
  );

  it('of * never undoes settings that somebody else changed meanwhile', async () => {
    admin.answers.beforeSubmit = async () => {
      admin.answers.beforeSubmit = null;
      await admin.write('PATCH', '/api/v1/pools/web', { health_check: { interval: '44s' } });
    };
    const response = await admin.write('PATCH', '/api/v1/pools/web', { algorithm: 'random' }, '*');
    expect(response.statusCode).toBe(412);
    const read = await admin.request({ method: 'GET', url: '/api/v1/pools/web' });
    expect(read.json()).toMatchObject({ algorithm: 'round-robin', health_check: { interval: '44s' } });
  });
});

describe('who wrote', () => {
  const actors: readonly [string, Record<string, string>, string][] = [
    ['the address where nothing is said', {}, '127.0.0.1'],
    ['the name that was sent', { 'x-tidegate-actor': 'alice@laptop' }, 'alice@laptop (127.0.0.1)'],
    ['a name cut to a length', { 'x-tidegate-actor': 'x'.repeat(500) }, `${'x'.repeat(64)} (127.0.0.1)`],
    ['a name without control characters', { 'x-tidegate-actor': 'a\u00e9\tb' }, 'a??b (127.0.0.1)'],
    ['the address where the name is blank', { 'x-tidegate-actor': '   ' }, '127.0.0.1'],
  ];
  it.each(actors)('is in the event: %s', async (_name, headers, expected) => {
    await admin.request({
      method: 'PATCH',
      url: '/api/v1/pools/web/backends/b',
      payload: { weight: 9 },
      headers: { 'if-match': '*', ...headers },
    });
    expect(admin.story.events.at(-1)?.actor).toEqual({ kind: 'api', name: expected });
  });
});

describe('trouble behind the API', () => {
  const write = () => admin.write('PATCH', '/api/v1/pools/web/backends/b', { weight: 9 });

  it('is told when the mailbox is full, with a time to try again', async () => {
    admin.answers.mailboxFull = true;
    const response = await write();
    expect([response.statusCode, response.headers['retry-after'], response.json().type]).toEqual([
      503,
      '1',
      'urn:tidegate:busy',
    ]);
  });

  it('is told when the event log cannot be written', async () => {
    admin.answers.submitError = new EventLogError('unavailable', 'The disk is full.');
    const response = await write();
    expect([response.statusCode, response.json().type]).toEqual([503, 'urn:tidegate:event_log']);
    expect(response.json().detail).toContain('The disk is full.');
  });

  it('that is a bug is not told', async () => {
    admin.answers.submitError = new Error('secret detail');
    const response = await write();
    expect(response.statusCode).toBe(500);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.body).not.toContain('secret');
  });
});

describe('the configuration file', () => {
  it('is applied by a reload', async () => {
    admin.answers.fileText = admin.answers.fileText.replace('weight: 3', 'weight: 8');
    const response = await admin.request({ method: 'POST', url: '/api/v1/config/reload' });
    expect(response.json()).toMatchObject({ result: 'applied', restart_needed: [] });
    expect(backend('b')?.weight).toBe(8);
  });

  it('that is not valid changes nothing, and every problem has its place', async () => {
    admin.answers.fileText = 'backends:\n  - { id: a, url: "ftp://x" }\nalgorithm: fastest\n';
    const before = admin.story.world.state.seq;
    const response = await admin.request({ method: 'POST', url: '/api/v1/config/reload' });
    expect([response.statusCode, response.json().type]).toEqual([422, 'urn:tidegate:invalid_config']);
    expect(response.json().problems).toMatchObject([
      { path: 'backends.0.url', line: 2 },
      { path: 'algorithm', line: 3, col: expect.any(Number) },
    ]);
    expect(admin.story.world.state.seq).toBe(before);
  });

  it.each(['application/yaml', 'text/yaml', 'application/x-yaml', 'text/yaml; charset=utf-8'])(
    'is checked when sent as %s',
    async (type) => {
      const check = (payload: string) =>
        admin.request({
          method: 'POST',
          url: '/api/v1/config/validate',
          headers: { 'content-type': type },
          payload,
        });
      expect((await check(admin.answers.fileText)).json()).toEqual({ valid: true, problems: [] });
      const wrong = (await check('listen: { prot: 1 }\nbackends: []\n')).json();
      expect(wrong).toMatchObject({ valid: false, problems: [{ line: 1, col: 11, path: 'listen.prot' }] });
      expect((await check('workers: 0\nbackends: []\n')).json().problems).toMatchObject([
        { file: '/etc/tidegate/tidegate.yaml', line: 1, col: 10, path: 'workers', found: '0' },
      ]);
    },
  );
});
