import { MAX_SESSIONS, TlsSessions } from '../../../../data-plane/http1/tls-sessions.js';

describe('sessions with backends', () => {
  it('are kept by origin, the last one', () => {
    const sessions = new TlsSessions();
    sessions.keep('a', Buffer.from('1'));
    sessions.keep('b', Buffer.from('2'));
    sessions.keep('a', Buffer.from('3'));
    expect(sessions.of('a')?.toString()).toBe('3');
    expect(sessions.of('b')?.toString()).toBe('2');
    expect(sessions.of('c')).toBeUndefined();
    sessions.forget('a');
    expect(sessions.of('a')).toBeUndefined();
  });

  it('are bounded: the oldest go', () => {
    const sessions = new TlsSessions();
    for (let i = 0; i < MAX_SESSIONS; i += 1) sessions.keep(`o${i}`, Buffer.from('x'));
    sessions.keep('o0', Buffer.from('new'));
    sessions.keep('one more', Buffer.from('x'));
    expect(sessions.of('o0')?.toString()).toBe('new');
    expect(sessions.of('o1')).toBeUndefined();
    expect(sessions.of('one more')).toBeDefined();
  });
});
