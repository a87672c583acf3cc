import type { InjectOptions } from 'fastify';
import { HistoryBusy, ReaderDied } from '../../control-plane/hindsight/history.js';
import { testAdmin, type TestAdmin } from '../support/admin-app.js';

let admin: TestAdmin;
beforeAll(async () => {
  admin = await testAdmin();
});
afterAll(() => admin.close());

const JSON_TYPE = { 'content-type': 'application/json', 'if-match': '*' };
const WEB = '/api/v1/pools/web';

function patch(url: string, payload: unknown): InjectOptions {
  return { method: 'PATCH', url, headers: JSON_TYPE, payload: JSON.stringify(payload) };
}
function add(payload: unknown): InjectOptions {
  return { method: 'POST', url: `${WEB}/backends`, headers: JSON_TYPE, payload: JSON.stringify(payload) };
}
function raw(payload: string, headers: Record<string, string> = JSON_TYPE): InjectOptions {
  return { method: 'PATCH', url: `${WEB}/backends/b`, headers, payload };
}
function get(url: string, headers: Record<string, string> = {}): InjectOptions {
  return { method: 'GET', url, headers };
}

/** What is asked, the status, the type, and the paths of the problems told. */
type Case = readonly [
  name: string,
  request: InjectOptions,
  status: number,
  type: string,
  paths?: readonly string[],
];

const PLACES: readonly Case[] = [
  ['an unknown path', get('/nothing'), 404, 'not_found'],
  ['an unknown path of the API', get('/api/v1/nothing'), 404, 'not_found'],
  ['another version of the API', get('/api/v2/status'), 404, 'not_found'],
  ['a path with a slash at its end', get('/api/v1/status/'), 404, 'not_found'],
  ['a path below a pool that has none', { method: 'PUT', url: `${WEB}/b` }, 404, 'not_found'],
  ['a pool that is not there', get('/api/v1/pools/none'), 404, 'unknown_pool'],
  ['backends of a pool that is not there', get('/api/v1/pools/none/backends'), 404, 'unknown_pool'],
  ['a backend of a pool that is not there', get('/api/v1/pools/none/backends/a'), 404, 'unknown_pool'],
  ['a backend that is not there', get(`${WEB}/backends/none`), 404, 'unknown_backend'],
  ['why of a backend that never was', get(`${WEB}/backends/none/why`), 404, 'unknown_backend'],
  ['why in a pool that never was', get('/api/v1/pools/none/backends/a/why'), 404, 'unknown_backend'],
  ['a name that no pool can have', get('/api/v1/pools/a%20b'), 404, 'not_found'],
  ['a name with dots and slashes', get('/api/v1/pools/..%2f..%2fetc'), 404, 'not_found'],
  ['a name that is too long', get(`/api/v1/pools/${'x'.repeat(65)}`), 404, 'not_found'],
  ['a name of great length', get(`/api/v1/pools/${'x'.repeat(3_000)}`), 404, 'not_found'],
  ['a name that is a property of all objects', get('/api/v1/pools/__proto__'), 404, 'not_found'],
  ['the name constructor', get('/api/v1/pools/constructor'), 404, 'unknown_pool'],
  ['a path that is not validly encoded', get('/api/v1/pools/%zz'), 400, 'bad_request'],
  [
    'changing a pool that is not there',
    patch('/api/v1/pools/none', { algorithm: 'random' }),
    404,
    'unknown_pool',
  ],
  [
    'changing a backend that is not there',
    patch(`${WEB}/backends/none`, { weight: 1 }),
    404,
    'unknown_backend',
  ],
  [
    'adding to a pool that is not there',
    { ...add({ id: 'c', url: 'http://c:1' }), url: '/api/v1/pools/none/backends' },
    404,
    'unknown_pool',
  ],
  [
    'removing what is not there',
    { method: 'DELETE', url: `${WEB}/backends/none`, headers: { 'if-match': '*' } },
    404,
    'unknown_backend',
  ],
];

const METHODS: readonly Case[] = [
  ['POST to the status', { method: 'POST', url: '/api/v1/status' }, 405, 'method_not_allowed'],
  [
    'DELETE of a pool',
    { method: 'DELETE', url: WEB, headers: { 'if-match': '*' } },
    405,
    'method_not_allowed',
  ],
  ['PUT of a backend', { method: 'PUT', url: `${WEB}/backends/b`, payload: {} }, 405, 'method_not_allowed'],
  ['GET of a reload', get('/api/v1/config/reload'), 405, 'method_not_allowed'],
  ['GET of a validation', get('/api/v1/config/validate'), 405, 'method_not_allowed'],
  ['OPTIONS, as a browser asks before it writes', { method: 'OPTIONS', url: WEB }, 405, 'method_not_allowed'],
  [
    'HEAD of events, which may be a stream',
    { method: 'HEAD', url: '/api/v1/events' },
    405,
    'method_not_allowed',
  ],
];

const TYPES: readonly Case[] = [
  ['a client that wants HTML', get('/api/v1/status', { accept: 'text/html' }), 406, 'not_acceptable'],
  [
    'a client that refuses JSON',
    get('/api/v1/status', { accept: 'application/json;q=0, */*' }),
    406,
    'not_acceptable',
  ],
  [
    'a stream that is wanted as JSON',
    get('/api/v1/events?follow=true', { accept: 'application/json' }),
    406,
    'not_acceptable',
  ],
  [
    'a form',
    raw('weight=1', { 'if-match': '*', 'content-type': 'application/x-www-form-urlencoded' }),
    415,
    'unsupported_media_type',
  ],
  [
    'plain text',
    raw('{"weight":1}', { 'if-match': '*', 'content-type': 'text/plain' }),
    415,
    'unsupported_media_type',
  ],
  [
    'YAML where JSON is taken',
    raw('weight: 1', { 'if-match': '*', 'content-type': 'application/yaml' }),
    415,
    'unsupported_media_type',
  ],
  [
    'a type that is none',
    raw('{"weight":1}', { 'if-match': '*', 'content-type': 'nonsense' }),
    415,
    'unsupported_media_type',
  ],
  [
    'JSON where YAML is taken',
    { method: 'POST', url: '/api/v1/config/validate', payload: { a: 1 } },
    415,
    'unsupported_media_type',
  ],
  [
    'text where YAML is taken',
    {
      method: 'POST',
      url: '/api/v1/config/validate',
      headers: { 'content-type': 'text/plain' },
      payload: 'a: 1',
    },
    415,
    'unsupported_media_type',
  ],
  ['no file to validate', { method: 'POST', url: '/api/v1/config/validate' }, 400, 'invalid_body', ['']],
];

const BODIES: readonly Case[] = [
  ['JSON that is broken off', raw('{"weight":'), 400, 'invalid_body'],
  ['what is not JSON', raw('weight: 1'), 400, 'invalid_body'],
  ['an empty body', raw(''), 400, 'invalid_body'],
  [
    'no body at all',
    { method: 'PATCH', url: `${WEB}/backends/b`, headers: { 'if-match': '*' } },
    400,
    'invalid_body',
  ],
  ['a list', raw('[]'), 400, 'invalid_body', ['']],
  ['null', raw('null'), 400, 'invalid_body', ['']],
  ['a number', raw('5'), 400, 'invalid_body', ['']],
  ['the key __proto__', raw('{"weight":1,"__proto__":{"admin":"draining"}}'), 400, 'invalid_body'],
  ['the key constructor.prototype', raw('{"constructor":{"prototype":{"x":1}}}'), 400, 'invalid_body'],
  ['a body of more than 64 KiB', raw(`{"weight":1,"x":"${'x'.repeat(65_536)}"}`), 413, 'body_too_large'],
  [
    'a file of more than 1 MiB',
    {
      method: 'POST',
      url: '/api/v1/config/validate',
      headers: { 'content-type': 'text/yaml' },
      payload: 'x'.repeat(1_048_577),
    },
    413,
    'body_too_large',
  ],
  ['nothing to change of a backend', raw('{}'), 400, 'invalid_body', ['']],
  ['nothing to change of a pool', patch(WEB, {}), 400, 'invalid_body', ['']],
];

const BACKENDS: readonly Case[] = [
  ['an unknown field', raw('{"weight":1,"wieght":2}'), 400, 'invalid_body', ['wieght']],
  [
    'several problems at once',
    raw('{"weight":-1,"admin":"off","x":1}'),
    400,
    'invalid_body',
    ['x', 'weight', 'admin'],
  ],
  ['a weight that is text', raw('{"weight":"1"}'), 400, 'invalid_body', ['weight']],
  ['a weight below 0', raw('{"weight":-1}'), 400, 'invalid_body', ['weight']],
  ['a weight above 1000', raw('{"weight":1001}'), 400, 'invalid_body', ['weight']],
  ['a part of a weight', raw('{"weight":1.5}'), 400, 'invalid_body', ['weight']],
  ['a weight of null', raw('{"weight":null}'), 400, 'invalid_body', ['weight']],
  ['a weight beyond numbers', raw('{"weight":1e999}'), 400, 'invalid_body', ['weight']],
  ['an admin state that is none', raw('{"admin":"drain"}'), 400, 'invalid_body', ['admin']],
  ['an admin state in a list', raw('{"admin":["ready"]}'), 400, 'invalid_body', ['admin']],
  ['a change of the address', raw('{"url":"http://x:1"}'), 400, 'invalid_body', ['url']],
  ['a new backend without id', add({ url: 'http://c:1' }), 400, 'invalid_body', ['id']],
  ['a new backend without url', add({ id: 'c' }), 400, 'invalid_body', ['url']],
  ['a new backend without anything', add({}), 400, 'invalid_body', ['id', 'url']],
  ['an id that no backend can have', add({ id: 'a b', url: 'http://c:1' }), 400, 'invalid_body', ['id']],
  ['an id with a slash', add({ id: 'a/b', url: 'http://c:1' }), 400, 'invalid_body', ['id']],
  ['an empty id', add({ id: '', url: 'http://c:1' }), 400, 'invalid_body', ['id']],
  ['an id that is too long', add({ id: 'x'.repeat(65), url: 'http://c:1' }), 400, 'invalid_body', ['id']],
  ['a URL that is none', add({ id: 'c', url: 'c:1' }), 400, 'invalid_body', ['url']],
  ['a URL of another scheme', add({ id: 'c', url: 'ftp://c:1' }), 400, 'invalid_body', ['url']],
  ['a URL with a path', add({ id: 'c', url: 'http://c:1/x' }), 400, 'invalid_body', ['url']],
  ['a URL with a password', add({ id: 'c', url: 'http://u:p@c:1' }), 400, 'invalid_body', ['url']],
  ['a URL with port 0', add({ id: 'c', url: 'http://c:0' }), 400, 'invalid_body', ['url']],
  ['a URL of great length', add({ id: 'c', url: `http://${'x'.repeat(400)}` }), 400, 'invalid_body', ['url']],
  ['a URL that is a number', add({ id: 'c', url: 5 }), 400, 'invalid_body', ['url']],
  ['a backend that is there', add({ id: 'a', url: 'http://c:1' }), 409, 'duplicate_backend'],
];

const POOLS: readonly Case[] = [
  ['an unknown section', patch(WEB, { healthcheck: {} }), 400, 'invalid_body', ['healthcheck']],
  ['backends in a pool', patch(WEB, { backends: [] }), 400, 'invalid_body', ['backends']],
  ['an algorithm that is none', patch(WEB, { algorithm: 'fastest' }), 400, 'invalid_body', ['algorithm']],
  ['an algorithm that is a number', patch(WEB, { algorithm: 1 }), 400, 'invalid_body', ['algorithm']],
  ['a section that is text', patch(WEB, { health_check: 'off' }), 400, 'invalid_body', ['health_check']],
  ['a section that is a list', patch(WEB, { health_check: [] }), 400, 'invalid_body', ['health_check']],
  [
    'a duration without unit',
    patch(WEB, { health_check: { interval: 30 } }),
    400,
    'invalid_body',
    ['health_check.interval'],
  ],
  [
    'a duration out of range',
    patch(WEB, { health_check: { interval: '1ms' } }),
    400,
    'invalid_body',
    ['health_check.interval'],
  ],
  [
    'a timeout above the interval',
    patch(WEB, { health_check: { timeout: '20s' } }),
    400,
    'invalid_body',
    ['health_check.timeout'],
  ],
  [
    'a key that is misspelt',
    patch(WEB, { health_check: { intervall: '30s' } }),
    400,
    'invalid_body',
    ['health_check.intervall'],
  ],
  [
    'a path without slash',
    patch(WEB, { health_check: { path: 'health' } }),
    400,
    'invalid_body',
    ['health_check.path'],
  ],
  [
    'a status that is none',
    patch(WEB, { health_check: { expected_status: '9xx' } }),
    400,
    'invalid_body',
    ['health_check.expected_status.0'],
  ],
  [
    'a status in both its places',
    patch(WEB, { health_check: { expected_status: 204, expect: { status: 204 } } }),
    400,
    'invalid_body',
    ['health_check.expected_status'],
  ],
  [
    'fields that would split a check, and a pattern that nobody can bound',
    patch(WEB, {
      health_check: { headers: { 'X-A': 'a\r\nX-B: b', 'Content-Length': '3' }, expect: { body: '/(?=a)/' } },
    }),
    400,
    'invalid_body',
    ['health_check.headers.X-A', 'health_check.headers.Content-Length', 'health_check.expect.body'],
  ],
  [
    'a threshold of 0',
    patch(WEB, { circuit_breaker: { failure_threshold: 0 } }),
    400,
    'invalid_body',
    ['circuit_breaker.failure_threshold'],
  ],
  [
    'a ratio above 1',
    patch(WEB, { circuit_breaker: { failure_ratio: 2 } }),
    400,
    'invalid_body',
    ['circuit_breaker.failure_ratio'],
  ],
  [
    'a cookie name that is none',
    patch(WEB, { sticky_session: { cookie_name: 'a b' } }),
    400,
    'invalid_body',
    ['sticky_session.cookie_name'],
  ],
  [
    'problems of several sections',
    patch(WEB, { health_check: { jitter: 2 }, circuit_breaker: { x: 1 } }),
    400,
    'invalid_body',
    ['health_check.jitter', 'circuit_breaker.x'],
  ],
];

const QUERIES: readonly Case[] = [
  ['an unknown parameter', get('/api/v1/events?color=red'), 400, 'invalid_query', ['color']],
  ['a number that is none', get('/api/v1/events?after=x'), 400, 'invalid_query', ['after']],
  ['a negative number', get('/api/v1/events?after=-1'), 400, 'invalid_query', ['after']],
  [
    'a number beyond numbers',
    get('/api/v1/events?after=99999999999999999999'),
    400,
    'invalid_query',
    ['after'],
  ],
  ['a limit of 0', get('/api/v1/events?limit=0'), 400, 'invalid_query', ['limit']],
  ['a limit above 1000', get('/api/v1/events?limit=1001'), 400, 'invalid_query', ['limit']],
  ['an order that is none', get('/api/v1/events?order=up'), 400, 'invalid_query', ['order']],
  ['a type that is none', get('/api/v1/events?type=Nonsense'), 400, 'invalid_query', ['type']],
  [
    'a type that is a property of all objects',
    get('/api/v1/events?type=toString'),
    400,
    'invalid_query',
    ['type'],
  ],
  ['an empty type', get('/api/v1/events?type='), 400, 'invalid_query', ['type']],
  [
    'wrong type and limit at once',
    get('/api/v1/events?type=X&limit=0'),
    400,
    'invalid_query',
    ['type', 'limit'],
  ],
  ['a parameter given twice', get('/api/v1/events?pool=a&pool=b'), 400, 'invalid_query', ['pool']],
  ['a pool that cannot be', get('/api/v1/events?pool=a%20b'), 400, 'invalid_query', ['pool']],
  ['follow that is neither', get('/api/v1/events?follow=yes'), 400, 'invalid_query', ['follow']],
  [
    'a limit of a stream',
    get('/api/v1/events?follow=true&limit=5', { accept: 'text/event-stream' }),
    400,
    'invalid_query',
    ['limit'],
  ],
  [
    'a Last-Event-ID that is none',
    get('/api/v1/events?follow=true', { 'last-event-id': 'abc' }),
    400,
    'invalid_query',
    ['Last-Event-ID'],
  ],
  [
    'a stream of types that are none',
    get('/api/v1/events?follow=true&type=X'),
    400,
    'invalid_query',
    ['type'],
  ],
  ['a time that is none', get(`${WEB}/backends/a/why?at=yesterday`), 400, 'invalid_query', ['at']],
  ['a time without zone', get(`${WEB}/backends/a/why?at=2026-01-01T00:00:00`), 400, 'invalid_query', ['at']],
  ['a day that is none', get(`${WEB}/backends/a/why?at=2026-13-01T00:00:00Z`), 400, 'invalid_query', ['at']],
];

const GROUPS: Readonly<Record<string, readonly Case[]>> = {
  places: PLACES,
  methods: METHODS,
  types: TYPES,
  bodies: BODIES,
  backends: BACKENDS,
  pools: POOLS,
  queries: QUERIES,
};

describe.each(Object.keys(GROUPS))('%s that are wrong', (group) => {
  // As objects: a row of an array that is too short would be filled up with a callback.
  const cases = GROUPS[group]!.map(([name, ...rest]) => ({ name, rest }));
  it.each(cases)('$name', async ({ rest: [request, status, type, paths] }) => {
    const before = admin.story.world.state.seq;
    const response = await admin.request(request);
    expect(response.statusCode).toBe(status);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(admin.story.world.state.seq).toBe(before);
    if (request.method === 'HEAD') return;
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    const problem = response.json();
    expect(problem).toMatchObject({ type: `urn:tidegate:${type}`, status, title: expect.any(String) });
    expect(problem.detail).toMatch(/\.$/);
    if (paths !== undefined) {
      expect(problem.problems.map((each: { path: string }) => each.path).toSorted()).toEqual(
        paths.toSorted(),
      );
      for (const each of problem.problems) expect(each.message.length).toBeGreaterThan(3);
    }
  });
});

describe('a method that is not there', () => {
  it.each([
    [`${WEB}/backends/b`, 'DELETE, GET, HEAD, PATCH'],
    [`${WEB}?verbose`, 'GET, HEAD, PATCH'],
    ['/api/v1/pools', 'GET, HEAD'],
    ['/api/v1/config/reload', 'POST'],
  ])('%s is answered with those that are', async (url, allow) => {
    expect((await admin.request({ method: 'PUT', url, payload: {} })).headers['allow']).toBe(allow);
  });
});

describe('misspelt settings', () => {
  it('are answered with the right ones', async () => {
    const messages = async (body: object): Promise<string[]> =>
      (await admin.request(patch(WEB, body)))
        .json()
        .problems.map((each: { message: string }) => each.message);
    expect(await messages({ health_check: { intervall: '30s' } })).toEqual([
      'unknown key; did you mean interval?',
    ]);
    expect((await messages({ algorithm: 'ramdom' }))[0]).toMatch(/did you mean random\?/);
  });
});

describe('history that cannot be told now', () => {
  it.each([
    ['as too many ask', new HistoryBusy(), 'busy'],
    ['as its reader has died', new ReaderDied('it ended'), 'event_log'],
  ])('%s: 503, and when to ask again', async (_why, error, type) => {
    admin.answers.historyError = error;
    const response = await admin.request(get('/api/v1/events'));
    admin.answers.historyError = null;
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('1');
    expect(response.json()).toMatchObject({ type: `urn:tidegate:${type}`, detail: error.message });
  });
});
