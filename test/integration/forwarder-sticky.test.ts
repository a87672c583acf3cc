/** Sticky sessions through an engine: cookies, the store behind them, and backends that come and go. */
import { createSessionTable } from '../../control-plane/sessions/session-table.js';
import { backendId } from '../../shared/ids.js';
import type { SessionStore } from '../../shared/session.js';
import type { StickySettings } from '../../shared/settings.js';
import type { BackendSnapshot } from '../../shared/snapshot.js';
import { answer, startBackend, type BackendServer } from '../support/backend-server.js';
import { startNative, type EngineOptions, type EngineUnderTest } from '../support/engine-under-test.js';
import { exchangeRaw } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';

const COOKIE: StickySettings = {
  type: 'cookie',
  cookieName: 'sid',
  idleTimeoutMs: 3_600_000,
  absoluteTimeoutMs: 86_400_000,
};

const silentStore: SessionStore = {
  recall: () => undefined,
  lookup: () => Promise.resolve(undefined),
  bind: () => Promise.resolve(undefined),
  rebind: () => Promise.resolve(undefined),
};

describe('sticky sessions through the native engine', () => {
  const backends: BackendServer[] = [];
  const engines: EngineUnderTest[] = [];
  let version = 1;

  const snapshot = (
    changes: Partial<Record<'a' | 'b', Partial<BackendSnapshot>>> = {},
    sticky: StickySettings = COOKIE,
    forwarding: ForwardingChanges = {},
  ) =>
    snapshotOf(
      [
        poolOf(
          [
            backendAt('a', backends[0]?.port ?? 0, changes.a),
            backendAt('b', backends[1]?.port ?? 0, changes.b),
          ],
          { sticky },
        ),
      ],
      forwarding,
      { version: version++ },
    );
  async function start(
    options: EngineOptions = {},
    forwarding: ForwardingChanges = {},
  ): Promise<EngineUnderTest> {
    const engine = await startNative(snapshot({}, COOKIE, forwarding), options);
    engines.push(engine);
    return engine;
  }
  beforeEach(async () => {
    backends.push(await startBackend(() => answer('a')), await startBackend(() => answer('b')));
  });
  afterEach(async () => {
    for (const engine of engines.splice(0)) {
      expect(engine.complaints).toEqual([]);
      await engine.close();
    }
    for (const backend of backends.splice(0)) await backend.close();
  });

  interface Answer {
    readonly backend: string;
    readonly setCookie: string | null;
    readonly cookie: string | null;
    readonly head: string;
  }
  async function ask(engine: EngineUnderTest, ...fields: readonly string[]): Promise<Answer> {
    const reply = await exchangeRaw(
      engine.port,
      ['GET / HTTP/1.1', 'Host: a.test', 'Connection: close', ...fields, '', ''].join('\r\n'),
    );
    const setCookie = /\r\nset-cookie: ([^\r]*)/i.exec(reply)?.[1] ?? null;
    return {
      backend: reply.slice(-1),
      setCookie,
      cookie: setCookie === null ? null : (setCookie.split(';')[0] ?? null),
      head: reply,
    };
  }

  it('gives a new client a cookie, and keeps it where it was', async () => {
    const engine = await start();
    const first = await ask(engine);
    expect(first.setCookie).toMatch(
      /^sid=v1\.k1\.[\w-]+\.[\w-]+; Path=\/; Max-Age=4500; HttpOnly; SameSite=Lax$/,
    );
    expect(first.head).toMatch(/\r\ncache-control: private\r\n/i);
    for (let i = 0; i < 6; i += 1) {
      const next = await ask(engine, `Cookie: ${first.cookie}`);
      expect(next.backend).toBe(first.backend);
      expect(next.setCookie).toBeNull();
      expect(next.head).not.toMatch(/cache-control/i);
    }
    expect(engine.counted('stickyLookups', 'default', 'new')).toBe(1);
    expect(engine.counted('stickyLookups', 'default', 'hit')).toBe(6);
  });

  it('begins sessions anew that an operator has ended, once', async () => {
    const engine = await start();
    const first = await ask(engine);
    const { pools, ...rest } = snapshot();
    engine.apply({ ...rest, pools: pools.map((pool) => ({ ...pool, sessionsFrom: Date.now() + 1_500 })) });
    const second = await ask(engine, `Cookie: ${first.cookie}`);
    expect(second.setCookie).not.toBeNull();
    expect(engine.counted('stickyLookups', 'default', 'expired')).toBe(1);
    const third = await ask(engine, `Cookie: ${second.cookie}`);
    expect(third.setCookie).toBeNull();
    expect(third.backend).toBe(second.backend);
  });

  it('asks the store itself when the cookie contradicts what a worker kept from before', async () => {
    const table = createSessionTable({ now: () => Date.now() });
    let kept = backendId('a');
    const engine = await start({
      sessions: {
        recall: () => kept,
        lookup: (key, lifetime, fresh) =>
          fresh === true ? table.lookup(key, lifetime) : Promise.resolve(kept),
        bind: (key, backend, lifetime) => table.bind(key, backend, lifetime),
        rebind: (key, from, to, lifetime) => table.rebind(key, from, to, lifetime),
      },
    });
    const first = await ask(engine);
    for (const stale of ['a', 'b']) {
      kept = backendId(stale);
      expect((await ask(engine, `Cookie: ${first.cookie}`)).backend).toBe(first.backend);
    }
  });

  it('reads a cookie of the former default name, and writes it anew under the name of today', async () => {
    const named = (cookieName: string) => snapshot({}, { ...COOKIE, cookieName });
    const engine = await start();
    engine.apply(named('tidegate'));
    const before = await ask(engine);
    expect(before.cookie).toMatch(/^tidegate=v1\./);
    engine.apply(named('tidegate_default'));
    const replaced = await ask(engine, `Cookie: ${before.cookie}`);
    expect(replaced.backend).toBe(before.backend);
    expect(replaced.cookie).toMatch(/^tidegate_default=v1\./);
    // Both are there until the old one has ended: the new one counts, and backends see neither.
    const both = await ask(engine, `Cookie: ${before.cookie}; x=1; ${replaced.cookie}`);
    expect(both).toMatchObject({ backend: before.backend, setCookie: null });
    expect(backends.flatMap(({ requests }) => requests.map(({ head }) => head)).join('')).not.toContain(
      'v1.',
    );
    // A forged one is worth nothing, and a pool that chose its name never had the former one.
    expect((await ask(engine, 'Cookie: tidegate=v1.k1.x.y')).cookie).toMatch(/^tidegate_default=/);
    engine.apply(named('chosen'));
    expect((await ask(engine, `Cookie: ${before.cookie}`)).cookie).toMatch(/^chosen=/);
    expect(engine.counted('stickyLookups', 'default', 'hit')).toBe(2);
  });

  it('spreads new clients over the backends', async () => {
    const engine = await start();
    const met = [await ask(engine), await ask(engine), await ask(engine), await ask(engine)];
    expect(new Set(met.map(({ backend }) => backend))).toEqual(new Set(['a', 'b']));
  });

  it('hides its cookie from backends, and only its own', async () => {
    const engine = await start();
    const { cookie } = await ask(engine);
    await ask(engine, `Cookie: x=1; ${cookie}; y=2`);
    await ask(engine, `Cookie: ${cookie}`);
    const heads = backends.flatMap(({ requests }) => requests.map(({ head }) => head));
    expect(heads.join('')).not.toContain('sid=');
    expect(heads.filter((head) => /\r\ncookie:/i.test(head))).toHaveLength(1);
    expect(heads.join('')).toMatch(/\r\nCookie: x=1; *y=2\r\n/);
  });

  it('does not believe a cookie that it has not signed', async () => {
    const engine = await start();
    const { cookie } = await ask(engine);
    const forged = `${cookie?.slice(0, -2)}xx`;
    const next = await ask(engine, `Cookie: ${forged}`);
    expect(next.setCookie).not.toBeNull();
    expect(next.cookie).not.toBe(cookie);
    expect(engine.counted('stickyLookups', 'default', 'invalid')).toBe(1);
  });

  it('finds the genuine one among several cookies of its name', async () => {
    const engine = await start();
    const { cookie, backend } = await ask(engine);
    const next = await ask(engine, `Cookie: sid=junk; ${cookie}`);
    expect(next.backend).toBe(backend);
    expect(next.setCookie).toBeNull();
  });

  it('moves a session whose backend is out, and keeps it there', async () => {
    const engine = await start();
    const first = await ask(engine);
    const out = first.backend as 'a' | 'b';
    engine.apply(snapshot({ [out]: { availability: 'unhealthy' } }));
    const moved = await ask(engine, `Cookie: ${first.cookie}`);
    expect(moved.backend).not.toBe(out);
    expect(moved.setCookie).not.toBeNull();
    expect(engine.counted('stickyLookups', 'default', 'moved')).toBe(1);
    engine.apply(snapshot());
    expect((await ask(engine, `Cookie: ${moved.cookie}`)).backend).toBe(moved.backend);
    // The old cookie names the old backend; the store knows better, and the cookie follows.
    const old = await ask(engine, `Cookie: ${first.cookie}`);
    expect(old.backend).toBe(moved.backend);
    expect(old.setCookie).not.toBeNull();
  });

  it('keeps sessions on a backend that drains, and sends it no new ones', async () => {
    const engine = await start();
    const first = await ask(engine);
    const draining = first.backend as 'a' | 'b';
    engine.apply(snapshot({ [draining]: { availability: 'draining' } }));
    expect((await ask(engine, `Cookie: ${first.cookie}`)).backend).toBe(draining);
    for (let i = 0; i < 4; i += 1) expect((await ask(engine)).backend).not.toBe(draining);
  });

  it('moves a session when its backend cannot be connected to', async () => {
    const engine = await start();
    const first = await ask(engine);
    const index = first.backend === 'a' ? 0 : 1;
    await backends[index]?.close();
    const moved = await ask(engine, `Cookie: ${first.cookie}`);
    expect(moved.backend).not.toBe(first.backend);
    expect(moved.setCookie).not.toBeNull();
    expect((await ask(engine, `Cookie: ${moved.cookie}`)).backend).toBe(moved.backend);
  });

  it('goes by the cookie when the store cannot say', async () => {
    const engine = await start({ sessions: silentStore });
    const first = await ask(engine);
    for (let i = 0; i < 4; i += 1) {
      expect((await ask(engine, `Cookie: ${first.cookie}`)).backend).toBe(first.backend);
    }
    expect(engine.counted('stickyLookups', 'default', 'unsure')).toBe(4);
  });

  it('goes by what is true when the store has answered, not by what was when it was asked', async () => {
    let meanwhile = (): void => undefined;
    const lookup = (): Promise<undefined> => {
      meanwhile();
      return Promise.resolve(undefined);
    };
    const engine = await start({ sessions: { ...silentStore, lookup } });
    const first = await ask(engine);
    const home = first.backend === 'a' ? 'a' : 'b';
    meanwhile = () => engine.apply(snapshot({ [home]: { availability: 'maintenance' } }));
    const moved = await ask(engine, `Cookie: ${first.cookie}`);
    expect(moved.backend).toBe(home === 'a' ? 'b' : 'a');
    meanwhile = () => engine.apply(snapshotOf([], {}, { version: version++ }));
    expect((await ask(engine, `Cookie: ${moved.cookie}`)).head).toContain('no_backend');
  });

  it('survives a store that lost its memory', async () => {
    let now = 1_800_000_000_000;
    const clock = { now: () => now };
    const engine = await start({ sessions: createSessionTable(clock), now: clock.now });
    const first = await ask(engine);
    const again = await start({ sessions: createSessionTable(clock), now: clock.now });
    now += 1_000;
    for (let i = 0; i < 4; i += 1) {
      expect((await ask(again, `Cookie: ${first.cookie}`)).backend).toBe(first.backend);
    }
  });

  it('keeps a session over workers that share a store and keys', async () => {
    const sessions = createSessionTable({ now: () => Date.now() });
    const [one, two] = [await start({ sessions }), await start({ sessions })];
    for (let i = 0; i < 4; i += 1) {
      const first = await ask(one);
      expect((await ask(two, `Cookie: ${first.cookie}`)).backend).toBe(first.backend);
    }
  });

  it.each([-7_200_000, 7_200_000])('keeps a session on a host whose clock is %i ms off', async (offMs) => {
    const sessions = createSessionTable({ now: () => Date.now() });
    const here = await start({ sessions });
    const there = await start({ sessions, now: () => Date.now() + offMs });
    for (let i = 0; i < 8; i += 1) {
      const first = await ask(here);
      const met = await ask(there, `Cookie: ${first.cookie}`);
      expect(met.backend).toBe(first.backend);
      // Written by the clock of the host that it is on now, so that the client keeps it while it is in use.
      expect(met.setCookie).not.toBeNull();
      expect((await ask(there, `Cookie: ${met.cookie}`)).setCookie).toBeNull();
      expect((await ask(here, `Cookie: ${met.cookie}`)).backend).toBe(first.backend);
    }
    expect(there.counted('stickyLookups', 'default', 'hit')).toBe(16);
  });

  it('lets two workers that move a session at once end on the same backend', async () => {
    const sessions = createSessionTable({ now: () => Date.now() });
    backends.push(await startBackend(() => answer('c')));
    const [one, two] = [await start({ sessions }), await start({ sessions })];
    const first = await ask(one);
    const out = first.backend as 'a' | 'b';
    for (const engine of [one, two]) {
      const next = snapshot({ [out]: { availability: 'ejected' } });
      const [pool] = next.pools;
      engine.apply({
        ...next,
        pools: [{ ...pool!, backends: [...pool!.backends, backendAt('c', backends[2]?.port ?? 0)] }],
      });
    }
    const moved = await Promise.all([
      ask(one, `Cookie: ${first.cookie}`),
      ask(two, `Cookie: ${first.cookie}`),
    ]);
    expect(new Set(moved.map(({ backend }) => backend)).size).toBe(1);
  });

  it('writes the cookie anew after a quarter of its idle time, and lets it expire', async () => {
    let now = 1_800_000_000_000;
    const clock = { now: () => now };
    const engine = await start({ sessions: createSessionTable(clock), now: clock.now });
    const first = await ask(engine);
    now += 1_000_000;
    const refreshed = await ask(engine, `Cookie: ${first.cookie}`);
    expect(refreshed.backend).toBe(first.backend);
    expect(refreshed.setCookie).not.toBeNull();
    now += 3_600_000;
    const expired = await ask(engine, `Cookie: ${refreshed.cookie}`);
    expect(expired.setCookie).not.toBeNull();
    expect(engine.counted('stickyLookups', 'default', 'expired')).toBe(1);
  });

  it('marks the cookie for TLS when a trusted proxy says so', async () => {
    const engine = await start({}, { trustedProxies: ['127.0.0.1'] });
    const { setCookie, cookie, backend } = await ask(engine, 'X-Forwarded-Proto: https');
    expect(setCookie).toMatch(/^__Host-sid=.*; Secure$/);
    expect((await ask(engine, 'X-Forwarded-Proto: https', `Cookie: ${cookie}`)).backend).toBe(backend);
    expect(
      (await ask(engine, 'X-Forwarded-Proto: https', `Cookie: ${cookie?.slice(7)}`)).setCookie,
    ).not.toBeNull();
  });

  it('keeps sessions for upgrades too', async () => {
    for (const backend of backends.splice(0)) await backend.close();
    const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    for (const name of ['a', 'b']) {
      backends.push(
        await startBackend((_request, connection) => {
          connection.write(`${upgrade}${name}`);
          connection.socket.end();
        }),
      );
    }
    const engine = await start();
    const fields = ['Connection: Upgrade', 'Upgrade: websocket'];
    const request = (more: readonly string[]): string =>
      ['GET / HTTP/1.1', 'Host: a', ...fields, ...more, '', ''].join('\r\n');
    const first = await exchangeRaw(engine.port, request([]));
    const cookie = /\r\nset-cookie: ([^;]*)/i.exec(first)?.[1];
    expect(cookie).toMatch(/^sid=/);
    for (let i = 0; i < 4; i += 1) {
      expect((await exchangeRaw(engine.port, request([`Cookie: ${cookie}`]))).slice(-1)).toBe(
        first.slice(-1),
      );
    }
  });

  it('keeps a client address on one backend, without a cookie', async () => {
    const engine = await start();
    const settings: StickySettings = { type: 'ip', prefix4: 32, prefix6: 64 };
    engine.apply(snapshot({}, settings, { trustedProxies: ['127.0.0.1'] }));
    const met = new Set<string>();
    for (let client = 1; client <= 8; client += 1) {
      const field = `X-Forwarded-For: 192.0.2.${client}`;
      const first = await ask(engine, field);
      met.add(first.backend);
      expect(first.setCookie).toBeNull();
      expect((await ask(engine, field)).backend).toBe(first.backend);
    }
    expect(met).toEqual(new Set(['a', 'b']));
  });
});
