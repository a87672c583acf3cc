import { testAdmin, type TestAdmin } from '../support/admin-app.js';
import { backendId, poolId } from '../../shared/ids.js';
import { schemaProblems } from '../support/schema-problems.js';
import { workerStatus } from '../support/control-port.js';
import { worker } from '../support/workers.js';

let admin: TestAdmin;
beforeEach(async () => {
  admin = await testAdmin();
});
afterEach(() => admin.close());

const WEB = poolId('web');

async function check(id: string, passed: boolean): Promise<void> {
  const backend = admin.story.world.state.pools.get(WEB)!.backends.get(backendId(id))!;
  const at = (admin.story.at += 1_000);
  const result = passed
    ? { at, passed, durationMs: 3, status: 200 }
    : { at, passed, durationMs: 3, error: 'connection refused' };
  await admin.send({
    type: 'RecordHealthCheck',
    pool: WEB,
    backend: backend.id,
    generation: backend.generation,
    result,
    actor: { kind: 'health-check' },
  });
}

async function failures(count: number): Promise<void> {
  const backend = admin.story.world.state.pools.get(WEB)!.backends.get(backendId('a'))!;
  const outcome = {
    pool: WEB,
    backend: backend.id,
    generation: backend.generation,
    successes: 0,
    failures: { connect: count },
    trials: [],
  };
  await admin.send({
    type: 'RecordOutcomes',
    worker: worker(1),
    outcomes: [outcome],
    actor: { kind: 'traffic' },
  });
}

async function json(url: string) {
  const response = await admin.request({ method: 'GET', url });
  expect({ url, status: response.statusCode }).toEqual({ url, status: 200 });
  return response.json();
}

describe('the description of the API', () => {
  const DESCRIBED: readonly [string, string][] = [
    ['/api/v1/status', '/api/v1/status'],
    ['/api/v1/workers', '/api/v1/workers'],
    ['/api/v1/pools', '/api/v1/pools'],
    ['/api/v1/pools/{pool}', '/api/v1/pools/web'],
    ['/api/v1/pools/{pool}/backends', '/api/v1/pools/web/backends'],
    ['/api/v1/pools/{pool}/backends/{id}', '/api/v1/pools/web/backends/a'],
    ['/api/v1/pools/{pool}/backends/{id}/why', '/api/v1/pools/web/backends/a/why'],
    ['/api/v1/events', '/api/v1/events?limit=1000'],
    ['/api/v1/config', '/api/v1/config'],
    ['/api/v1/config/drift', '/api/v1/config/drift'],
  ];
  it.each(DESCRIBED)('is what %s answers', async (path, url) => {
    await check('a', true);
    for (let i = 0; i < 3; i++) await check('b', false);
    await failures(9);
    await admin.write('PATCH', '/api/v1/pools/web/backends/b', { admin: 'draining', weight: 9 });
    admin.answers.workers.push(
      workerStatus(3, {
        pid: null,
        phase: 'backing-off',
        applied: null,
        lastHeardAt: null,
        lastNack: { position: { epoch: 1, version: 7 }, reason: 'no' },
      }),
    );
    const description = await json('/api/v1/openapi.json');
    const schema = description.paths[path].get.responses['200'].content['application/json'].schema;
    const answer = await json(url);
    expect(schemaProblems(answer, schema, description.components.schemas)).toEqual([]);
  });

  it('names every route, and each says what it does and what it answers', async () => {
    const { openapi, paths } = await json('/api/v1/openapi.json');
    expect(openapi).toBe('3.1.0');
    const operations = Object.entries(
      paths as Record<string, Record<string, { summary?: string; responses: object }>>,
    )
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
      )
      .filter(({ name }) => !name.startsWith('head'));
    expect(operations.map(({ name }) => name).toSorted()).toEqual([
      'delete /api/v1/pools/{pool}/backends/{id}',
      'delete /api/v1/pools/{pool}/sessions',
      'delete /api/v1/pools/{pool}/sessions/{session}',
      'get /',
      'get /api/v1/config',
      'get /api/v1/config/drift',
      'get /api/v1/events',
      'get /api/v1/hosts',
      'get /api/v1/pools',
      'get /api/v1/pools/{pool}',
      'get /api/v1/pools/{pool}/backends',
      'get /api/v1/pools/{pool}/backends/{id}',
      'get /api/v1/pools/{pool}/backends/{id}/why',
      'get /api/v1/pools/{pool}/sessions',
      'get /api/v1/status',
      'get /api/v1/workers',
      'get /api/v1/writes/{nonce}',
      'get /livez',
      'get /metrics',
      'get /readyz',
      'patch /api/v1/pools/{pool}',
      'patch /api/v1/pools/{pool}/backends/{id}',
      'post /api/v1/config/reload',
      'post /api/v1/config/reset',
      'post /api/v1/config/validate',
      'post /api/v1/pools/{pool}/backends',
      'post /api/v1/workers/roll',
    ]);
    for (const { name, operation } of operations) {
      expect({ name, summary: operation.summary }).toEqual({ name, summary: expect.any(String) });
      const codes = Object.keys(operation.responses);
      expect({ name, codes }).toEqual({
        name,
        codes: expect.arrayContaining([expect.stringMatching(/^20/)]),
      });
    }
  });
});

describe('probes', () => {
  it('tell that the process answers', async () => {
    const response = await admin.request({ method: 'GET', url: '/livez' });
    expect([response.statusCode, response.body]).toEqual([200, 'ok\n']);
  });

  it('tell whether traffic is served, and why not', async () => {
    const ready = await admin.request({ method: 'GET', url: '/readyz' });
    expect([ready.statusCode, ready.body]).toEqual([200, 'ready: 2 workers forward\n']);
    admin.answers.ready = false;
    const not = await admin.request({ method: 'GET', url: '/readyz' });
    expect([not.statusCode, not.body]).toEqual([503, 'not ready: no worker forwards\n']);
  });

  it('hand the metrics through with their type', async () => {
    const response = await admin.request({
      method: 'GET',
      url: '/metrics',
      headers: { accept: 'application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1' },
    });
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.body).toBe('tidegate_up 1\n');
  });

  it('list what there is at /', async () => {
    const response = await admin.request({ method: 'GET', url: '/' });
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    const { paths } = await json('/api/v1/openapi.json');
    const described = Object.entries<object>(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const listed = [...response.body.matchAll(/^([A-Z]+ +\/\S*) +\S/gm)].map(([, line = '']) =>
      line.replace(/ +/, ' '),
    );
    expect(listed.toSorted()).toEqual(described.filter((each) => !each.startsWith('HEAD ')).toSorted());
  });

  it('answer HEAD without a body', async () => {
    const response = await admin.request({ method: 'HEAD', url: '/livez' });
    expect([response.statusCode, response.body]).toEqual([200, '']);
  });
});

describe('the status', () => {
  it('tells of pools, workers and configuration', async () => {
    const status = await json('/api/v1/status');
    expect(status).toMatchObject({
      version: '0.1.0',
      ready: true,
      epoch: 1,
      seq: 9,
      snapshot: { epoch: 1, version: 7 },
      workers: { ready: 2, total: 2, converged: 1 },
      health_checks: { behind: false, late_ms: 0, waiting: 0 },
      config: { file: '/etc/tidegate/tidegate.yaml', restart_needed: [] },
    });
    expect(status.pools.map((pool: { id: string }) => pool.id)).toEqual(['web', 'api']);
  });

  it('says of each backend since when and why', async () => {
    const of = async (id: string) => {
      const { availability, since_ms: since, reason } = await json(`/api/v1/pools/web/backends/${id}`);
      return { availability, since, reason };
    };
    const start = admin.story.at;
    expect(await of('a')).toEqual({
      availability: 'unchecked',
      since: start,
      reason: 'waits for its first passed check',
    });
    await check('a', true);
    expect(await of('a')).toEqual({ availability: 'available', since: start + 1_000, reason: 'in rotation' });
    for (let i = 0; i < 3; i++) await check('a', false);
    expect(await of('a')).toEqual({
      availability: 'unhealthy',
      since: start + 4_000,
      reason: '3 checks in a row failed, the last: connection refused',
    });
    await admin.request({
      method: 'PATCH',
      url: '/api/v1/pools/web/backends/b',
      headers: { 'if-match': '*', 'x-tidegate-actor': 'alice' },
      payload: { admin: 'maintenance' },
    });
    expect(await of('b')).toEqual({
      availability: 'maintenance',
      since: start + 4_000,
      reason: 'set to maintenance by alice (127.0.0.1) (the API)',
    });
  });

  it('says why a breaker is open, and what comes next', async () => {
    await check('a', true);
    await failures(9);
    const ejected = await json('/api/v1/pools/web/backends/a');
    expect(ejected).toMatchObject({ availability: 'ejected', breaker: { state: 'open', openings: 1 } });
    expect(ejected.reason).toContain('9 of 9 attempts failed');
    expect(ejected.reason).toContain(`trials from ${ejected.breaker.until}`);
    admin.story.at = Date.parse(ejected.breaker.until);
    await admin.send({ type: 'AdvanceTime', actor: { kind: 'clock' } });
    expect(await json('/api/v1/pools/web/backends/a')).toMatchObject({
      availability: 'trial',
      breaker: { state: 'half-open' },
      reason: 'breaker half-open: trial requests decide',
    });
  });

  it('says that a backend of weight 0 gets nothing new', async () => {
    await check('a', true);
    await admin.write('PATCH', '/api/v1/pools/web/backends/a', { weight: 0 });
    expect((await json('/api/v1/pools/web/backends/a')).reason).toBe(
      'in rotation, but no new traffic at weight 0',
    );
  });

  it('brackets IPv6 addresses', async () => {
    expect((await json('/api/v1/pools/api/backends/a')).url).toBe('http://[::1]:9000');
  });
});

describe('the history that is older than the API', () => {
  it('is read from the event log when the API starts', async () => {
    for (let i = 0; i < 3; i++) await check('a', false);
    const second = await testAdmin({ control: admin.port });
    const response = await second.request({ method: 'GET', url: '/api/v1/pools/web/backends/a' });
    expect(response.json().reason).toBe('3 checks in a row failed, the last: connection refused');
    await second.close();
  });
});

describe('events', () => {
  const seqs = async (query: string): Promise<{ seqs: number[]; more: boolean }> => {
    const { events, more } = await json(`/api/v1/events${query}`);
    return { seqs: events.map((event: { seq: number }) => event.seq), more };
  };

  const QUERIES: readonly [string, number[], boolean][] = [
    ['', [9, 8, 7, 6, 5, 4, 3, 2, 1], false],
    ['?limit=2', [9, 8], true],
    ['?limit=2&before=8', [7, 6], true],
    ['?before=2', [1], false],
    ['?before=1', [], false],
    ['?before=0', [], false],
    ['?after=7', [8, 9], false],
    ['?after=3&limit=2', [4, 5], true],
    ['?after=3&limit=2&order=desc', [9, 8], true],
    ['?order=asc&limit=3', [1, 2, 3], true],
    ['?after=100', [], false],
    ['?limit=9', [9, 8, 7, 6, 5, 4, 3, 2, 1], false],
    ['?type=PrimaryStarted', [1], false],
    ['?type=PrimaryStarted,RoutesChanged', [9, 1], false],
    ['?pool=api', [8, 7], false],
    ['?backend=a', [8, 5], false],
    ['?pool=web&backend=a', [5], false],
    ['?pool=nowhere', [], false],
  ];
  it.each(QUERIES)('%s', async (query, expected, more) => {
    expect(await seqs(query)).toEqual({ seqs: expected, more });
  });

  it('carry who, why and a sentence, in snake_case and ISO times', async () => {
    await admin.write('PATCH', '/api/v1/pools/web', { health_check: { interval: '20s' } });
    const { events } = await json('/api/v1/events?limit=1');
    expect(events[0]).toMatchObject({
      type: 'PoolSettingsChanged',
      pool: 'web',
      at: new Date(admin.story.at).toISOString(),
      at_ms: admin.story.at,
      actor: { kind: 'api', name: '127.0.0.1' },
      cause: { command: 'ChangePool' },
      sentence: 'had its settings changed by 127.0.0.1 (the API): health_check.interval 10s → 20s',
      data: { settings: { health_check: { interval_ms: 20_000 } } },
    });
  });

  it('show the evidence of a decision', async () => {
    for (let i = 0; i < 3; i++) await check('a', false);
    const { events } = await json('/api/v1/events?type=BackendBecameUnhealthy');
    expect(events[0].data.evidence.results).toHaveLength(3);
    expect(events[0].data.evidence.results[0]).toMatchObject({
      passed: false,
      at: expect.stringMatching(/^2026-/),
    });
  });
});

describe('why', () => {
  it('answers with the chain of events and its evidence', async () => {
    await check('a', true);
    for (let i = 0; i < 3; i++) await check('a', false);
    const why = await json('/api/v1/pools/web/backends/a/why');
    expect(why).toMatchObject({
      pool: 'web',
      backend: 'a',
      availability: 'unhealthy',
      panic: false,
      omitted: 0,
    });
    expect(why.headline).toContain('a is unhealthy');
    expect(why.steps.map((step: { type: string }) => step.type)).toEqual([
      'BackendAdded',
      'BackendBecameHealthy',
      'BackendBecameUnhealthy',
    ]);
    expect(why.steps.at(-1).evidence).toHaveLength(3);
  });

  it('answers for a time in the past, from a fold of the log', async () => {
    const start = admin.story.at;
    await check('a', true);
    for (let i = 0; i < 3; i++) await check('a', false);
    const at = (ms: number) => json(`/api/v1/pools/web/backends/a/why?at=${ms}`);
    expect((await at(start)).availability).toBe('unchecked');
    expect((await at(start + 1_500)).availability).toBe('available');
    expect((await at(start + 4_000)).availability).toBe('unhealthy');
    expect((await at(start + 9_999_999)).availability).toBe('unhealthy');
    const iso = await json(`/api/v1/pools/web/backends/a/why?at=${new Date(start + 1_500).toISOString()}`);
    expect(iso).toMatchObject({
      availability: 'available',
      steps: [{ type: 'BackendAdded' }, { type: 'BackendBecameHealthy' }],
    });
  });

  it('answers for a backend that was removed', async () => {
    await admin.write('DELETE', '/api/v1/pools/web/backends/a');
    const why = await json('/api/v1/pools/web/backends/a/why');
    expect(why).toMatchObject({ availability: null });
    expect(why.headline).toContain('removed');
  });

  it('knows nothing from before the log', async () => {
    const why = await admin.request({ method: 'GET', url: '/api/v1/pools/web/backends/a/why?at=1' });
    expect(why.statusCode).toBe(404);
  });
});

describe('the configuration', () => {
  it('is shown in the words of the file, without drift at first', async () => {
    const config = await json('/api/v1/config');
    expect(config).toMatchObject({
      file: '/etc/tidegate/tidegate.yaml',
      sha256: 'c0ffee',
      last_rejected: null,
      drift: [],
    });
    expect(config.live.pools.web).toMatchObject({
      algorithm: 'round-robin',
      health_check: { enabled: true, interval: '10s', path: '/health', timeout: '5s' },
      sticky_session: { enabled: false },
      backends: [
        { id: 'a', url: 'http://10.0.0.1:8080', weight: 1 },
        { id: 'b', url: 'http://10.0.0.2:8080', weight: 3 },
      ],
    });
  });

  it('is valid as a file itself', async () => {
    const { live } = await json('/api/v1/config');
    const response = await admin.request({
      method: 'POST',
      url: '/api/v1/config/validate',
      headers: { 'content-type': 'application/yaml' },
      payload: JSON.stringify(live),
    });
    expect(response.json()).toEqual({ valid: true, problems: [] });
  });

  it('shows what run-time changes made different from the file', async () => {
    await admin.write('PATCH', '/api/v1/pools/web/backends/b', { weight: 5 });
    await admin.write('DELETE', '/api/v1/pools/web/backends/a');
    await admin.write('POST', '/api/v1/pools/web/backends', { id: 'c', url: 'http://c:1' });
    await admin.write('PATCH', '/api/v1/pools/api', { algorithm: 'random', circuit_breaker: null });
    const { drift } = await json('/api/v1/config');
    expect(drift).toMatchObject([
      { path: 'pools.web.backends.a', file: { url: 'http://10.0.0.1:8080', weight: 1 }, live: null },
      { path: 'pools.web.backends.b.weight', file: 3, live: 5 },
      { path: 'pools.web.backends.c', file: null, live: { url: 'http://c:1', weight: 1 } },
      { path: 'pools.api.algorithm', file: 'round-robin', live: 'random' },
      {
        path: 'pools.api.circuit_breaker',
        file: expect.objectContaining({ enabled: true }),
        live: { enabled: false },
      },
    ]);
  });

  it('shows another address of a backend as drift', async () => {
    await admin.write('DELETE', '/api/v1/pools/web/backends/a');
    await admin.write('POST', '/api/v1/pools/web/backends', { id: 'a', url: 'http://10.0.0.9:8080' });
    expect((await json('/api/v1/config')).drift).toMatchObject([
      { path: 'pools.web.backends.a.url', file: 'http://10.0.0.1:8080', live: 'http://10.0.0.9:8080' },
    ]);
  });

  it('tells of the load that was refused since', async () => {
    await admin.send({ type: 'RejectConfig', file: 'f', problems: ['f:1:1: no'], actor: { kind: 'file' } });
    expect((await json('/api/v1/config')).last_rejected).toEqual({
      at: new Date(admin.story.at).toISOString(),
      problems: ['f:1:1: no'],
    });
  });
});

describe('workers', () => {
  it('are listed with the snapshot that they applied', async () => {
    const { workers } = await json('/api/v1/workers');
    expect(workers).toMatchObject([
      { worker: 1, pid: 4_001, phase: 'ready', applied: { epoch: 1, version: 7 }, converged: true },
      { worker: 2, applied: { epoch: 1, version: 6 }, converged: false },
    ]);
  });
});
