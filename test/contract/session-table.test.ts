import { createSessionTable } from '../../control-plane/sessions/session-table.js';
import { backendId, poolId } from '../../shared/ids.js';
import { fakeClock } from '../support/fake-clock.js';
import { sessionKey, sessionStoreContract } from './session-store.contract.js';

describe('the session table', () => {
  sessionStoreContract(() => {
    const clock = fakeClock();
    return { store: createSessionTable(clock), advance: (ms) => clock.advance(ms) };
  });

  const lifetime = { idleMs: 1_000, remainingMs: 9_000 };
  const a = backendId('a');

  it('makes room by forgetting the session used least recently', async () => {
    const table = createSessionTable(fakeClock(), 3);
    for (const name of ['1', '2', '3']) await table.bind(sessionKey('p', name), a, lifetime);
    await table.lookup(sessionKey('p', '1'), lifetime);
    await table.bind(sessionKey('p', '4'), a, lifetime);
    const found = ['1', '2', '3', '4'].map((name) => table.lookup(sessionKey('p', name), lifetime));
    expect(await Promise.all(found)).toEqual([a, null, a, a]);
    expect(table.count(poolId('p'))).toBe(3);
  });

  it('counts the sessions of each pool, without those that expired', async () => {
    const clock = fakeClock();
    const table = createSessionTable(clock);
    await table.bind(sessionKey('p', '1'), a, lifetime);
    await table.bind(sessionKey('p', '2'), a, lifetime);
    await table.bind(sessionKey('q', '1'), a, lifetime);
    expect([table.count(poolId('p')), table.count(poolId('q')), table.count(poolId('r'))]).toEqual([2, 1, 0]);
    clock.advance(500);
    await table.lookup(sessionKey('p', '1'), lifetime);
    clock.advance(500);
    expect([table.count(poolId('p')), table.count(poolId('q'))]).toEqual([1, 0]);
  });

  it('lets expired sessions go while new ones come', async () => {
    const clock = fakeClock();
    const table = createSessionTable(clock, 10);
    for (let name = 0; name < 10; name++) await table.bind(sessionKey('p', `old${name}`), a, lifetime);
    clock.advance(2_000);
    for (let name = 0; name < 5; name++) await table.bind(sessionKey('q', `new${name}`), a, lifetime);
    expect([table.count(poolId('p')), table.count(poolId('q'))]).toEqual([0, 5]);
  });
});
