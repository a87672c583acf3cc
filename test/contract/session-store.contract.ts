/** What every session store promises to the worker that asks. */
import { backendId, poolId } from '../../shared/ids.js';
import type { SessionKey, SessionLifetime, SessionStore } from '../../shared/session.js';

export interface SessionStoreSubject {
  readonly store: SessionStore;
  /** Lets time pass for the store. */
  advance(ms: number): void | Promise<void>;
  close?(): void | Promise<void>;
}

export function sessionStoreContract(create: () => SessionStoreSubject | Promise<SessionStoreSubject>): void {
  const [a, b, c] = ['a', 'b', 'c'].map(backendId) as [
    ReturnType<typeof backendId>,
    ReturnType<typeof backendId>,
    ReturnType<typeof backendId>,
  ];
  const lifetime: SessionLifetime = { idleMs: 10_000, remainingMs: 60_000 };
  const key = sessionKey('default', 'first');
  let subject: SessionStoreSubject;
  let store: SessionStore;
  beforeEach(async () => {
    subject = await create();
    store = subject.store;
  });
  afterEach(async () => {
    await subject.close?.();
  });

  it('knows no session that was never bound', async () => {
    expect(await store.lookup(key, lifetime)).toBeNull();
  });

  it('answers the backend bound', async () => {
    expect(await store.bind(key, a, lifetime)).toBe(a);
    expect(await store.lookup(key, lifetime)).toBe(a);
  });

  it('recalls nothing but what is bound', async () => {
    expect([null, undefined]).toContain(store.recall(key, lifetime));
    await store.bind(key, a, lifetime);
    expect([a, undefined]).toContain(store.recall(key, lifetime));
    await store.rebind(key, a, b, lifetime);
    expect([b, undefined]).toContain(store.recall(key, lifetime));
  });

  it('lets the first of two racing callers bind and tells both', async () => {
    expect(await Promise.all([store.bind(key, a, lifetime), store.bind(key, b, lifetime)])).toEqual([a, a]);
    expect(await store.lookup(key, lifetime)).toBe(a);
  });

  it('lets the first of two racing callers rebind and tells both', async () => {
    await store.bind(key, a, lifetime);
    const told = await Promise.all([store.rebind(key, a, b, lifetime), store.rebind(key, a, c, lifetime)]);
    expect(told).toEqual([b, b]);
    expect(await store.lookup(key, lifetime)).toBe(b);
  });

  it('rebinds what is gone', async () => {
    expect(await store.rebind(key, a, b, lifetime)).toBe(b);
    expect(await store.lookup(key, lifetime)).toBe(b);
  });

  it('does not rebind what somebody else has moved already', async () => {
    await store.bind(key, a, lifetime);
    expect(await store.rebind(key, b, c, lifetime)).toBe(a);
    expect(await store.lookup(key, lifetime)).toBe(a);
  });

  it('keeps sessions and pools apart', async () => {
    await store.bind(key, a, lifetime);
    await store.bind(sessionKey('default', 'second'), b, lifetime);
    await store.bind(sessionKey('web', 'first'), c, lifetime);
    expect(await store.lookup(key, lifetime)).toBe(a);
    expect(await store.lookup(sessionKey('default', 'second'), lifetime)).toBe(b);
    expect(await store.lookup(sessionKey('web', 'first'), lifetime)).toBe(c);
  });

  it('forgets a session that was idle for its idle time', async () => {
    await store.bind(key, a, lifetime);
    await subject.advance(lifetime.idleMs);
    expect(await store.lookup(key, lifetime)).toBeNull();
  });

  it.each(['lookup', 'bind', 'rebind'] as const)('counts %s as use', async (use) => {
    await store.bind(key, a, lifetime);
    await subject.advance(lifetime.idleMs - 1_000);
    if (use === 'lookup') await store.lookup(key, lifetime);
    if (use === 'bind') await store.bind(key, b, lifetime);
    if (use === 'rebind') await store.rebind(key, b, c, lifetime);
    await subject.advance(lifetime.idleMs - 1_000);
    expect(await store.lookup(key, lifetime)).toBe(a);
  });

  it('forgets a session at the end of its absolute lifetime, however much it is used', async () => {
    await store.bind(key, a, { idleMs: 10_000, remainingMs: 15_000 });
    await subject.advance(8_000);
    expect(await store.lookup(key, { idleMs: 10_000, remainingMs: 7_000 })).toBe(a);
    await subject.advance(7_000);
    expect(await store.lookup(key, lifetime)).toBeNull();
  });

  it('binds nothing for a session without time left', async () => {
    expect(await store.bind(key, a, { idleMs: 10_000, remainingMs: 0 })).toBe(a);
    expect(await store.lookup(key, lifetime)).toBeNull();
  });

  it('forgets a session whose user has no time left', async () => {
    await store.bind(key, a, lifetime);
    expect(await store.lookup(key, { idleMs: 10_000, remainingMs: 0 })).toBeNull();
    expect(await store.lookup(key, lifetime)).toBeNull();
  });
}

/** A key whose session id has the form of a real one. */
export function sessionKey(pool: string, name: string): SessionKey {
  return { pool: poolId(pool), session: name.padEnd(22, '_') };
}
