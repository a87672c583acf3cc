import { type Answer, httpGet } from '../support/http-get.js';
import { QUICK_CHECK, type Scenario, backendList, base, startScenario } from '../support/scenario.js';

function cookieOf(answer: Answer): string | null {
  return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? null;
}

describe('sticky sessions by cookie, over several workers', () => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await startScenario(
      3,
      (apps) =>
        `${base(3)}${backendList(apps)}${QUICK_CHECK}\nsticky_session: { enabled: true, type: cookie, cookie_name: session_id, timeout: 1h }\n`,
    );
  });
  afterAll(async () => scenario.dispose());

  it('keeps a client on its backend, on whichever worker it arrives', async () => {
    const { tidegate } = scenario;
    const first = await httpGet(tidegate.url('/'));
    const cookie = cookieOf(first);
    expect(cookie).toMatch(/^session_id=v1\./);
    expect(first.headers['set-cookie']?.[0]).toMatch(/HttpOnly/);
    expect(first.headers['set-cookie']?.[0]).toMatch(/SameSite=Lax/);
    for (let asked = 0; asked < 30; asked += 1) {
      const again = await httpGet(tidegate.url('/'), { headers: { cookie: cookie! } });
      expect(again.body).toBe(first.body);
    }
  });

  it('gives different clients different backends, and does not show the cookie to them', async () => {
    const { tidegate, apps } = scenario;
    const bodies = new Set<string>();
    for (let client = 0; client < 12; client += 1) bodies.add((await httpGet(tidegate.url('/'))).body);
    expect(bodies.size).toBe(3);
    const first = await httpGet(tidegate.url('/'));
    await httpGet(tidegate.url('/seen'), { headers: { cookie: `a=1; ${cookieOf(first)}; b=2` } });
    const seen = apps.flatMap((app) => app.served).find((request) => request.url === '/seen');
    expect(seen?.headers['cookie']).toBe('a=1; b=2');
  });

  it('does not believe a cookie that it has not signed', async () => {
    const { tidegate } = scenario;
    const cookie = cookieOf(await httpGet(tidegate.url('/')))!;
    const forged = `${cookie.slice(0, -2)}${cookie.endsWith('AA') ? 'BB' : 'AA'}`;
    const answer = await httpGet(tidegate.url('/'), { headers: { cookie: forged } });
    expect(answer.status).toBe(200);
    expect(cookieOf(answer)).not.toBeNull();
    expect(cookieOf(answer)).not.toBe(forged);
  });

  it('moves a session to another backend when its own is gone, and keeps it there', async () => {
    const { tidegate, apps } = scenario;
    const first = await httpGet(tidegate.url('/'));
    const lost = apps.find((app) => app.id === first.body)!;
    lost.healthStatus = 500;
    await tidegate.untilAvailability(lost.id, 'unhealthy');
    await tidegate.untilConverged();
    const moved = await httpGet(tidegate.url('/'), { headers: { cookie: cookieOf(first)! } });
    expect(moved.status).toBe(200);
    expect(moved.body).not.toBe(first.body);
    lost.healthStatus = 200;
    await tidegate.untilAvailability(lost.id, 'available');
    await tidegate.untilConverged();
    const cookie = cookieOf(moved) ?? cookieOf(first)!;
    for (let asked = 0; asked < 10; asked += 1) {
      expect((await httpGet(tidegate.url('/'), { headers: { cookie } })).body).toBe(moved.body);
    }
  });

  it('keeps the sessions of a draining backend and sends it no new ones', async () => {
    const { tidegate } = scenario;
    const first = await httpGet(tidegate.url('/'));
    const drained = await tidegate.cli('backends', 'drain', first.body);
    expect(drained.code).toBe(0);
    await tidegate.untilConverged();
    const again = await httpGet(tidegate.url('/'), { headers: { cookie: cookieOf(first)! } });
    expect(again.body).toBe(first.body);
    for (let client = 0; client < 12; client += 1) {
      expect((await httpGet(tidegate.url('/'))).body).not.toBe(first.body);
    }
    expect((await tidegate.cli('backends', 'ready', first.body)).code).toBe(0);
  });

  it('survives a restart of Tidegate by its cookie alone', async () => {
    const { tidegate } = scenario;
    const first = await httpGet(tidegate.url('/'));
    const cookie = cookieOf(first)!;
    expect(await tidegate.stop()).toBe(0);
    await tidegate.run();
    for (let asked = 0; asked < 10; asked += 1) {
      expect((await httpGet(tidegate.url('/'), { headers: { cookie } })).body).toBe(first.body);
    }
  });
});

describe('sticky sessions by address', () => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await startScenario(
      3,
      (apps) =>
        `${base(3)}${backendList(apps)}sticky_session: { enabled: true, type: ip }\ntrusted_proxies: [127.0.0.1/32]\n`,
    );
  });
  afterAll(async () => scenario.dispose());

  it('keeps an address on its backend without a cookie, and spreads addresses', async () => {
    const { tidegate } = scenario;
    const backends = new Map<string, string>();
    for (let host = 1; host <= 30; host += 1) {
      const headers = { 'x-forwarded-for': `10.1.2.${host}` };
      const first = await httpGet(tidegate.url('/'), { headers });
      expect(first.headers['set-cookie']).toBeUndefined();
      for (let asked = 0; asked < 3; asked += 1) {
        expect((await httpGet(tidegate.url('/'), { headers })).body).toBe(first.body);
      }
      backends.set(headers['x-forwarded-for'], first.body);
    }
    expect(new Set(backends.values()).size).toBe(3);
  });
});
