/** Listing and ending sessions through the admin API, before a session table. */
import { createSessionTable } from '../../control-plane/sessions/session-table.js';
import { backendId, poolId } from '../../shared/ids.js';
import { NO_BACKEND } from '../../shared/session.js';
import { sessionKey } from '../contract/session-store.contract.js';
import { testAdmin, type TestAdmin } from '../support/admin-app.js';
import { noSessions } from '../support/no-sessions.js';

const WEB = poolId('web');
const LIFETIME = { idleMs: 60_000, remainingMs: 600_000 };

let admin: TestAdmin;
beforeEach(async () => {
  admin = await testAdmin();
});
afterEach(() => admin.close());

/** A table with sessions of pool web, in the place of none. */
async function withSessions(...names: readonly string[]) {
  const table = createSessionTable({ now: () => 0 });
  for (const name of names) await table.bind(sessionKey('web', name), backendId('a'), LIFETIME);
  admin.answers.sessions = table;
  // The port holds what it was given: the test gives another.
  Object.assign(admin.port, { sessions: table });
  return table;
}

const get = (url: string) => admin.request({ method: 'GET', url });
const remove = (url: string) => admin.request({ method: 'DELETE', url });

async function useCookies(): Promise<void> {
  const response = await admin.write('PATCH', '/api/v1/pools/web', { sticky_session: { type: 'cookie' } });
  expect(response.statusCode).toBe(200);
}

describe('listing sessions', () => {
  it('goes from page to page', async () => {
    await withSessions('1', '2', '3');
    const first = (await get('/api/v1/pools/web/sessions?limit=2')).json();
    expect(first.sessions).toEqual([
      { session: sessionKey('web', '1').session, backend: 'a', left_ms: 60_000 },
      { session: sessionKey('web', '2').session, backend: 'a', left_ms: 60_000 },
    ]);
    const second = (await get(`/api/v1/pools/web/sessions?limit=2&after=${first.next}`)).json();
    expect(second).toMatchObject({ sessions: [{ session: sessionKey('web', '3').session }], next: null });
  });

  it.each([
    ['limit=0', 400],
    ['limit=1001', 400],
    ['limit=x', 400],
    ['after=%20', 400],
    ['page=2', 400],
  ])('refuses ?%s', async (query, status) => {
    expect((await get(`/api/v1/pools/web/sessions?${query}`)).statusCode).toBe(status);
  });

  it.each([
    [{ kind: 'busy' }, 503, 'busy'],
    [{ kind: 'no-such-page' }, 404, 'not_found'],
    [{ kind: 'unavailable', reason: 'Redis is not there' }, 503, 'session_store'],
  ] as const)('tells of %j', async (page, status, type) => {
    Object.assign(admin.port, { sessions: { ...noSessions, page: () => Promise.resolve(page) } });
    const response = await get('/api/v1/pools/web/sessions');
    expect(response.statusCode).toBe(status);
    expect(response.json().type).toBe(`urn:tidegate:${type}`);
  });

  it('knows the pool', async () => {
    expect((await get('/api/v1/pools/nobody/sessions')).json().type).toBe('urn:tidegate:unknown_pool');
  });
});

describe('ending sessions', () => {
  it('is an event of the pool, leaves its version, and removes the bindings', async () => {
    await useCookies();
    const table = await withSessions('1', '2');
    const { version } = admin.story.world.state.pools.get(WEB)!;
    const response = await remove('/api/v1/pools/web/sessions');
    expect(response.statusCode).toBe(204);
    const pool = admin.story.world.state.pools.get(WEB)!;
    expect(pool).toMatchObject({ version, sessionsFrom: admin.story.at });
    expect(table.count(WEB)).toBe(0);
    const { events } = (await get('/api/v1/events?limit=1')).json();
    expect(events).toMatchObject([{ type: 'SessionsFlushed', pool: 'web' }]);
    expect(events[0].sentence).toMatch(/^had its sessions ended by /);
  });

  it('is refused where there are none by cookie', async () => {
    const response = await remove('/api/v1/pools/web/sessions');
    expect(response.statusCode).toBe(422);
    expect(response.json().detail).toContain('no sessions by cookie');
  });

  it('is refused for a pool that is not there', async () => {
    expect((await remove('/api/v1/pools/nobody/sessions')).statusCode).toBe(404);
  });

  it('takes one session from its backend', async () => {
    const table = await withSessions('1', '2');
    const key = sessionKey('web', '1');
    expect((await remove(`/api/v1/pools/web/sessions/${key.session}`)).statusCode).toBe(204);
    expect(await table.lookup(key, LIFETIME)).toBe(NO_BACKEND);
    expect((await get('/api/v1/pools/web/sessions')).json().sessions[0].backend).toBeNull();
    const unknown = sessionKey('web', '3');
    expect((await remove(`/api/v1/pools/web/sessions/${unknown.session}`)).statusCode).toBe(404);
    expect((await remove('/api/v1/pools/web/sessions/short')).statusCode).toBe(404);
  });
});
