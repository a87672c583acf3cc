/** What every store of sessions promises to operators who list and end them. */
import type { SessionDirectory } from '../../control-plane/sessions/session-directory.js';
import { backendId, poolId } from '../../shared/ids.js';
import { NO_BACKEND, type SessionStore } from '../../shared/session.js';
import { sessionKey } from './session-store.contract.js';

export interface DirectorySubject {
  readonly directory: SessionDirectory;
  /** The same bindings, as a worker asks for them, without anything kept from before. */
  readonly store: () => SessionStore;
  close?(): void;
}

export function sessionDirectoryContract(create: () => Promise<DirectorySubject>): void {
  const [a, b] = [backendId('a'), backendId('b')];
  const web = poolId('web');
  const lifetime = { idleMs: 600_000, remainingMs: 6_000_000 };
  let subject: DirectorySubject;
  beforeEach(async () => {
    subject = await create();
  });
  afterEach(() => subject.close?.());

  async function bind(pool: string, ...names: readonly string[]): Promise<void> {
    const store = subject.store();
    await Promise.all(names.map((name) => store.bind(sessionKey(pool, name), a, lifetime)));
  }

  /** All pages of a pool. */
  async function listed(limit: number): Promise<readonly string[]> {
    const found: string[] = [];
    let after: string | null = null;
    do {
      const page = await subject.directory.page(web, { after, limit });
      if (page.kind !== 'ok') throw new Error(page.kind);
      found.push(...page.sessions.map(({ session }) => session));
      after = page.next;
    } while (after !== null);
    return found;
  }

  it('lists none where there are none', async () => {
    expect(await subject.directory.page(web, { after: null, limit: 10 })).toEqual({
      kind: 'ok',
      sessions: [],
      next: null,
    });
  });

  it('lists the sessions of a pool, and how long they are kept', async () => {
    await bind('web', '1');
    await bind('web2', '2');
    const page = await subject.directory.page(web, { after: null, limit: 10 });
    expect(page).toMatchObject({
      kind: 'ok',
      sessions: [{ session: sessionKey('web', '1').session, backend: a }],
      next: null,
    });
    for (const { leftMs } of page.kind === 'ok' ? page.sessions : []) {
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(lifetime.idleMs);
    }
  });

  it.each([1, 7, 1_000])('lists all of them in pages of %i', async (limit) => {
    const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
    await bind('web', ...names);
    await bind('other', ...names);
    const found = await listed(limit);
    expect([...new Set(found)].toSorted()).toEqual(
      names.map((name) => sessionKey('web', name).session).toSorted(),
    );
  });

  it('takes a session from its backend, so that it moves with its next request', async () => {
    await bind('web', '1', '2');
    const key = sessionKey('web', '1');
    expect(await subject.directory.end(key)).toEqual({ kind: 'ended' });
    expect(await subject.store().lookup(key, lifetime)).toBe(NO_BACKEND);
    expect(await subject.store().lookup(sessionKey('web', '2'), lifetime)).toBe(a);
    const page = await subject.directory.page(web, { after: null, limit: 10 });
    const backends = page.kind === 'ok' ? page.sessions.map(({ backend }) => backend ?? 'none') : [];
    expect(backends.toSorted()).toEqual([a, 'none']);
    expect(await subject.store().rebind(key, NO_BACKEND, b, lifetime)).toBe(b);
    expect(await subject.store().lookup(key, lifetime)).toBe(b);
  });

  it('knows which session it does not know', async () => {
    expect(await subject.directory.end(sessionKey('web', '1'))).toEqual({ kind: 'unknown' });
  });

  it('sweeps the sessions of a pool, and no others', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
    await bind('web', ...names);
    await bind('other', '1');
    await subject.directory.sweep(web);
    expect(await listed(10)).toEqual([]);
    expect(await subject.store().lookup(sessionKey('other', '1'), lifetime)).toBe(a);
  });
}
