import type { CookieStickySettings } from '../../../../shared/settings.js';
import type { Availability } from '../../../../shared/backend-state.js';
import {
  type KnownSession,
  clientNetwork,
  decideSession,
  issueTime,
  pickByAddress,
  readSession,
  stickyByAddress,
} from '../../../../data-plane/routing/sticky.js';
import { backendId } from '../../../../shared/ids.js';
import { aBackend, aPoolTable } from '../../../support/routing-fixture.js';

const SETTINGS: CookieStickySettings = {
  type: 'cookie',
  cookieName: 'session_id',
  idleTimeoutMs: 100_000,
  absoluteTimeoutMs: 1_000_000,
};
const TOKEN = {
  session: 'AAECAwQFBgcICQoLDA0ODw',
  backendHash: 'f'.repeat(16),
  issuedS: 1_000,
  seenS: 1_500,
};
const SEEN = 1_500_000;

describe('a session as its token tells', () => {
  it('is new without a cookie, and when none is genuine', () => {
    expect(readSession('absent', SETTINGS, 0)).toEqual({ kind: 'new', result: 'new' });
    expect(readSession('invalid', SETTINGS, 0)).toEqual({ kind: 'new', result: 'invalid' });
  });

  it('is known with what is left of its life', () => {
    expect(readSession(TOKEN, SETTINGS, SEEN)).toEqual({
      kind: 'known',
      session: TOKEN.session,
      issuedS: 1_000,
      backendHash: TOKEN.backendHash,
      lifetime: { idleMs: 100_000, remainingMs: 500_000 },
      refresh: false,
      doubtful: false,
    });
  });

  it.each<[number, Partial<KnownSession>]>([
    [-500_000, { refresh: true, doubtful: false }],
    [-25_000, { refresh: true }],
    [-24_999, { refresh: false, doubtful: false }],
    [24_999, { refresh: false }],
    [25_000, { refresh: true, doubtful: false }],
    [99_999, { refresh: true, doubtful: false }],
    [100_000, { refresh: true, doubtful: true }],
    [499_999, { refresh: true, doubtful: true }],
  ])('is, %i ms by this host’s clock after its cookie was written: %j', (ms, expected) => {
    const session = readSession({ ...TOKEN, issuedS: 1_500 }, SETTINGS, SEEN + ms);
    expect(session).toMatchObject({ kind: 'known', ...expected });
  });

  it('ends at its absolute age however much it is used', () => {
    const used = { ...TOKEN, seenS: 2_000 };
    expect(readSession(used, SETTINGS, 1_999_999)).toMatchObject({ lifetime: { remainingMs: 1 } });
    expect(readSession(used, SETTINGS, 2_000_000)).toEqual({ kind: 'new', result: 'expired' });
  });
});

describe('sessions that were ended', () => {
  it('are those that began before', () => {
    const { issuedS } = TOKEN;
    expect(readSession(TOKEN, SETTINGS, SEEN, issuedS * 1_000)).toMatchObject({ kind: 'known' });
    expect(readSession(TOKEN, SETTINGS, SEEN, issuedS * 1_000 + 1)).toEqual({
      kind: 'new',
      result: 'expired',
    });
  });

  it('are not those that begin afterwards, within the same second or where a clock is behind', () => {
    for (const at of [5_400, 5_999, 1_000]) {
      const token = { ...TOKEN, issuedS: issueTime(at, 5_400) };
      expect(readSession(token, SETTINGS, at, 5_400)).toMatchObject({ kind: 'known' });
    }
    expect(issueTime(7_300, 5_400)).toBe(7);
    expect(issueTime(7_300, 0)).toBe(7);
  });
});

describe('a session’s backend', () => {
  const pool = aPoolTable(
    (['available', 'draining', 'unhealthy', 'ejected', 'maintenance', 'unchecked', 'trial'] as Availability[])
      .map((availability) => aBackend(availability, { availability }))
      .concat(aBackend('light', { weight: 0 }), aBackend('other')),
  );
  const entry = (id: string) => pool.byId.get(backendId(id))!;
  const known = (id: string, given: Partial<KnownSession> = {}): KnownSession => ({
    kind: 'known',
    session: TOKEN.session,
    issuedS: 1_000,
    backendHash: pool.byId.get(backendId(id))?.hashHex ?? 'f'.repeat(16),
    lifetime: { idleMs: 1, remainingMs: 1 },
    refresh: false,
    doubtful: false,
    ...given,
  });

  it.each(['available', 'draining', 'light'])('stays %s', (id) => {
    expect(entry(id).keepsSessions).toBe(true);
    expect(decideSession(pool, known(id), backendId(id))).toEqual({
      kind: 'bound',
      result: 'hit',
      backend: entry(id),
      bind: false,
      refresh: false,
    });
  });

  it.each(['unhealthy', 'ejected', 'maintenance', 'unchecked', 'trial'])('is another when it is %s', (id) => {
    expect(entry(id).keepsSessions).toBe(false);
    for (const stored of [backendId(id), null, undefined]) {
      expect(decideSession(pool, known(id), stored)).toEqual({ kind: 'moved', result: 'moved', from: id });
    }
  });

  it('is the one that the store has bound, and the cookie follows', () => {
    expect(decideSession(pool, known('available'), backendId('other'))).toMatchObject({
      kind: 'bound',
      backend: entry('other'),
      refresh: true,
    });
  });

  it('is another when it is gone, named by the store or by nobody', () => {
    expect(decideSession(pool, known('available'), backendId('gone'))).toMatchObject({
      kind: 'moved',
      from: 'gone',
    });
    expect(decideSession(pool, known('gone'), null)).toMatchObject({ kind: 'moved', from: null });
  });

  it('is the cookie’s when the store forgot or cannot say', () => {
    expect(decideSession(pool, known('other', { refresh: true }), null)).toMatchObject({
      backend: entry('other'),
      result: 'hit',
      bind: true,
      refresh: true,
    });
    expect(decideSession(pool, known('other'), undefined)).toMatchObject({
      backend: entry('other'),
      result: 'unsure',
      bind: false,
    });
  });

  it('is forgotten when it was idle for too long and the store has no binding', () => {
    const doubtful = known('other', { doubtful: true });
    expect(decideSession(pool, doubtful, null)).toEqual({ kind: 'new', result: 'expired' });
    expect(decideSession(pool, doubtful, undefined)).toMatchObject({ kind: 'bound' });
    expect(decideSession(pool, doubtful, backendId('other'))).toMatchObject({ kind: 'bound' });
  });

  it('in panic stays with an ejected one', () => {
    const panic = aPoolTable([aBackend('a', { availability: 'ejected' })], { panic: true });
    const session = { ...known('available'), backendHash: panic.backends[0]!.hashHex };
    expect(decideSession(panic, session, null)).toMatchObject({ kind: 'bound', backend: panic.backends[0] });
  });
});

describe('a client’s backend by its address', () => {
  const settings = { type: 'ip', prefix4: 24, prefix6: 64 } as const;

  it.each([
    ['203.0.113.9', '203.0.113.0'],
    ['::ffff:203.0.113.9', '203.0.113.0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
    ['/run/socket', '/run/socket'],
  ])('%s counts as %s', (address, network) => {
    expect(clientNetwork(address, settings)).toBe(network);
  });

  it('is one for a whole network, and another once it was tried', () => {
    const pool = aPoolTable(['a', 'b', 'c'].map((id) => aBackend(id)));
    const first = stickyByAddress(pool, settings, '203.0.113.9', []);
    expect(stickyByAddress(pool, settings, '203.0.113.200', [])).toBe(first);
    const second = stickyByAddress(pool, settings, '203.0.113.9', [first!]);
    expect(second).not.toBe(first);
    expect(stickyByAddress(pool, settings, '203.0.113.9', pool.backends)).toBeNull();
    expect(stickyByAddress(pool, settings, '203.0.113.9', [])).toBe(first);
  });

  it('is never one that takes no new traffic', () => {
    const pool = aPoolTable([aBackend('a', { weight: 0 }), aBackend('b', { availability: 'draining' })]);
    expect(stickyByAddress(pool, settings, '203.0.113.9', [])).toBeNull();
  });

  describe('as a pick', () => {
    const clients = Array.from({ length: 40 }, (_, i) => `203.0.${i}.1`);
    const halfOpen = (permits: readonly number[]) =>
      aPoolTable([
        aBackend('a'),
        aBackend('b', {
          availability: 'trial',
          permits: permits.map((permit) => ({ permit, worker: 0 })),
        }),
      ]);

    it('sends a half-open backend its own clients as trials, and leaves all others where they are', () => {
      const healthy = aPoolTable([aBackend('a'), aBackend('b')]);
      const home = (client: string) => pickByAddress(healthy, settings, client, [])?.backend.id;
      const pool = halfOpen(Array.from({ length: 40 }, (_, i) => i + 1));
      expect(new Set(clients.map(home)).size).toBe(2);
      for (const client of clients) {
        const picked = pickByAddress(pool, settings, client, []);
        expect(picked?.backend.id).toBe(home(client));
        expect(picked?.permit === null).toBe(home(client) === 'a');
      }
    });

    it('serves them elsewhere without a permit, and after a failed trial', () => {
      for (const client of clients) {
        expect(pickByAddress(halfOpen([]), settings, client, [])).toMatchObject({
          backend: { id: 'a' },
          permit: null,
        });
      }
      const pool = halfOpen([1, 2]);
      const client = clients.find((one) => pickByAddress(pool, settings, one, [])?.permit === 1) ?? '';
      const [, b] = pool.backends;
      expect(pickByAddress(pool, settings, client, [b!])).toMatchObject({
        backend: { id: 'a' },
        permit: null,
      });
    });

    it('is null when nothing serves', () => {
      const pool = aPoolTable([aBackend('a', { availability: 'unhealthy' })]);
      expect(pickByAddress(pool, settings, '203.0.113.9', [])).toBeNull();
    });

    it('uses up the permit of a half-open backend that serves in panic', () => {
      const trial = {
        availability: 'trial',
        permits: [{ permit: 7, worker: 0 }],
      } as const;
      const pool = aPoolTable([aBackend('a', trial)], { panic: true });
      expect(pickByAddress(pool, settings, '203.0.113.9', [])?.permit).toBe(7);
      expect(pickByAddress(pool, settings, '203.0.113.9', [])?.permit).toBeNull();
    });
  });
});
