import { RedisSessionStore } from '../../../../data-plane/sessions/redis-session-store.js';
import { backendId } from '../../../../shared/ids.js';
import type { RedisAnswer } from '../../../../shared/platform/redis-answer.js';
import { fakeClock } from '../../../support/fake-clock.js';
import { sessionKey } from '../../../contract/session-store.contract.js';

const [a, b] = [backendId('a'), backendId('b')];
const HOUR = 3_600_000;
const lifetime = { idleMs: HOUR, remainingMs: 24 * HOUR };
const key = sessionKey('web', '1');
const NAME = `tidegate:test:s:web:${key.session}`;

const TIMEOUT: RedisAnswer = { ok: false, kind: 'timeout', code: '', reason: 'late' };

/** A store whose Redis answers each call as `answer` says. */
function subject(answer: (command: string) => RedisAnswer | Promise<RedisAnswer>, random = 0.5) {
  const clock = fakeClock();
  const calls: unknown[][] = [];
  const state = { ready: true };
  const store = new RedisSessionStore({
    redis: {
      isReady: () => state.ready,
      call: async (command, args) => {
        calls.push([command, ...args]);
        return answer(command);
      },
    },
    prefix: 'tidegate:test:s:',
    random: () => random,
    monotonic: () => clock.now(),
  });
  return { store, clock, calls, state };
}

const value = (found: unknown) => (): RedisAnswer => ({ ok: true, value: found });

describe('the session store in Redis', () => {
  it('asks with one command that makes the binding live on', async () => {
    const { store, calls } = subject(value('a'));
    expect(await store.lookup(key, lifetime)).toBe(a);
    expect(calls).toEqual([['GETEX', NAME, 'PX', HOUR]]);
  });

  it('lets no binding live longer than the session', async () => {
    const { store, calls } = subject(value('a'));
    await store.lookup(key, { idleMs: HOUR, remainingMs: 1_234.5 });
    expect(calls).toEqual([['GETEX', NAME, 'PX', 1_234]]);
  });

  it('asks once for a session, however many wait', async () => {
    const { store, calls } = subject(value('a'));
    expect(await Promise.all([store.lookup(key, lifetime), store.lookup(key, lifetime)])).toEqual([a, a]);
    expect(calls).toHaveLength(1);
  });

  it('asks nothing while a binding is young', async () => {
    const { store, calls, clock } = subject(value('a'));
    await store.lookup(key, lifetime);
    clock.advance(299_999);
    expect(store.recall(key, lifetime)).toBe(a);
    expect(await store.lookup(key, lifetime)).toBe(a);
    expect(calls).toHaveLength(1);
  });

  it('uses an older one at once and asks behind it, once', async () => {
    let now = 'a';
    const { store, calls, clock } = subject(() => ({ ok: true, value: now }));
    await store.lookup(key, lifetime);
    now = 'b';
    clock.advance(300_000);
    expect(store.recall(key, lifetime)).toBe(a);
    expect(store.recall(key, lifetime)).toBe(a);
    expect(calls).toHaveLength(2);
    await store.lookup(key, lifetime, true);
    expect(store.recall(key, lifetime)).toBe(b);
  });

  it('spreads the time of asking again by chance', async () => {
    for (const [random, softMs] of [
      [0, 240_000],
      [0.999_999, 359_000],
    ] as const) {
      const { store, calls, clock } = subject(value('a'), random);
      await store.lookup(key, lifetime);
      clock.advance(softMs - 1);
      store.recall(key, lifetime);
      expect(calls).toHaveLength(1);
      clock.advance(1_001);
      store.recall(key, lifetime);
      expect(calls).toHaveLength(2);
    }
  });

  it('asks at least four times per idle timeout', async () => {
    const { store, calls, clock } = subject(value('a'));
    const short = { idleMs: 4_000, remainingMs: HOUR };
    await store.lookup(key, short);
    clock.advance(1_000);
    expect(store.recall(key, short)).toBe(a);
    expect(calls).toHaveLength(2);
  });

  it('gives up a binding that could not be asked for again', async () => {
    let answer: RedisAnswer = { ok: true, value: 'a' };
    const { store, clock } = subject(() => answer);
    await store.lookup(key, lifetime);
    answer = TIMEOUT;
    clock.advance(300_000);
    expect(store.recall(key, lifetime)).toBe(a);
    await Promise.resolve();
    clock.advance(299_999);
    expect(store.recall(key, lifetime)).toBe(a);
    clock.advance(2);
    expect(store.recall(key, lifetime)).toBeUndefined();
  });

  it('believes for a second that there is no binding', async () => {
    const { store, calls, clock } = subject(value(null));
    expect(await store.lookup(key, lifetime)).toBeNull();
    expect(await store.lookup(key, lifetime)).toBeNull();
    expect(calls).toHaveLength(1);
    clock.advance(1_001);
    await store.lookup(key, lifetime);
    expect(calls).toHaveLength(2);
  });

  it('cannot say when Redis does not answer, and asks no more after five times', async () => {
    const { store, calls, clock } = subject(() => TIMEOUT);
    for (let index = 0; index < 20; index++) {
      expect(await store.lookup(sessionKey('web', String(index)), lifetime)).toBeUndefined();
    }
    expect(calls).toHaveLength(5);
    expect(store.isGuarded()).toBe(true);
    clock.advance(1_000);
    await Promise.all([1, 2, 3].map((name) => store.bind(sessionKey('web', String(name)), a, lifetime)));
    expect(calls).toHaveLength(6);
  });

  it('asks again once a probe was answered', async () => {
    let answer: RedisAnswer = TIMEOUT;
    const { store, calls, clock } = subject(() => answer);
    for (let index = 0; index < 5; index++) await store.lookup(sessionKey('web', String(index)), lifetime);
    answer = { ok: true, value: 'a' };
    clock.advance(1_000);
    expect(await store.lookup(key, lifetime)).toBe(a);
    expect(store.isGuarded()).toBe(false);
    expect(await store.lookup(sessionKey('web', '9'), lifetime)).toBe(a);
    expect(calls).toHaveLength(7);
  });

  it('sends nothing and waits for nothing while there is no connection', async () => {
    const { store, calls, state } = subject(value('a'));
    state.ready = false;
    expect(store.isGuarded()).toBe(true);
    expect(await store.lookup(key, lifetime)).toBeUndefined();
    expect(await store.bind(key, a, lifetime)).toBeUndefined();
    expect(calls).toEqual([]);
  });

  it('takes an error of Redis for an answer that says nothing', async () => {
    const { store } = subject(() => ({ ok: false, kind: 'refused', code: 'OOM', reason: 'OOM' }));
    for (let index = 0; index < 9; index++) {
      expect(await store.bind(sessionKey('web', String(index)), a, lifetime)).toBeUndefined();
    }
    expect(store.isGuarded()).toBe(false);
  });

  it('believes nothing that is no name of a backend', async () => {
    const { store } = subject(value('../etc'));
    expect(await store.lookup(key, lifetime)).toBeUndefined();
    expect(store.recall(key, lifetime)).toBeUndefined();
  });

  it('keeps what it has bound', async () => {
    const { store, calls } = subject(value('b'));
    expect(await store.rebind(key, a, b, lifetime)).toBe(b);
    expect(store.recall(key, lifetime)).toBe(b);
    expect(calls.map(([command]) => command)).toEqual(['EVALSHA']);
    expect(calls[0]!.slice(2)).toEqual([1, NAME, 'a', 'b', HOUR]);
  });
});
