import { createSessionTable } from '../../control-plane/sessions/session-table.js';
import { IpcLink, type IpcEndpoint } from '../../data-plane/control/ipc-link.js';
import { BINDING_KEPT_MS, IpcSessionStore } from '../../data-plane/sessions/ipc-session-store.js';
import { backendId } from '../../shared/ids.js';
import type { PrimaryMessage, SessionRequest, WorkerMessage } from '../../shared/message.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import type { Timers } from '../../shared/ports.js';
import type { SessionStore } from '../../shared/session.js';
import { fakeClock } from '../support/fake-clock.js';
import { quietLogger } from '../support/quiet-logger.js';
import { sessionKey, sessionStoreContract } from './session-store.contract.js';

/** The two ends of a channel whose primary answers from a session table. */
function channelTo(table: SessionStore): {
  endpoint: IpcEndpoint;
  asked: SessionRequest[];
  readonly disconnect: () => void;
} {
  let deliver: (message: unknown) => void = () => undefined;
  let disconnect: () => void = () => undefined;
  const asked: SessionRequest[] = [];
  async function answer(request: SessionRequest): Promise<void> {
    asked.push(request);
    const { id, operation, lifetime, from, to } = request;
    const key = { pool: request.pool, session: request.session };
    const none = backendId('none');
    const backend =
      operation === 'lookup'
        ? await table.lookup(key, lifetime)
        : operation === 'bind'
          ? await table.bind(key, to ?? none, lifetime)
          : await table.rebind(key, from ?? none, to ?? none, lifetime);
    const reply: PrimaryMessage = { type: 'session-reply', id, backend };
    // As the channel does: another object, and not at once.
    setImmediate(() => deliver(structuredClone(reply)));
  }
  const endpoint: IpcEndpoint = {
    connected: true,
    send(
      message: WorkerMessage,
      _handle: undefined,
      _options: undefined,
      callback: (error: Error | null) => void,
    ) {
      setImmediate(() => {
        callback(null);
        if (message.type === 'session') void answer(structuredClone(message));
      });
      return true;
    },
    on: (event: string, listener: (message?: unknown) => void) => {
      if (event === 'message') deliver = listener;
      else disconnect = listener;
    },
    off: () => undefined,
  };
  return { endpoint, asked, disconnect: () => disconnect() };
}

describe('the session store over IPC', () => {
  const lifetime = { idleMs: 60_000, remainingMs: 60_000 };
  const [a, b] = [backendId('a'), backendId('b')];
  /** A busy machine must not look like a silent primary. */
  const patient: Timers = { after: (ms, callback) => systemTimers.after(ms * 100, callback) };
  function subject(
    table: (clock: ReturnType<typeof fakeClock>) => SessionStore = createSessionTable,
    timers = patient,
  ) {
    const clock = fakeClock();
    const channel = channelTo(table(clock));
    const link = new IpcLink(channel.endpoint, timers, quietLogger);
    return { store: new IpcSessionStore(link, () => clock.now()), link, clock, ...channel };
  }

  sessionStoreContract(() => {
    const { store, clock, link } = subject();
    return { store, advance: (ms) => clock.advance(ms), close: () => link.close() };
  });

  it('asks once for a session, however many wait, and then not for a while', async () => {
    const { store, asked, clock } = subject();
    const key = sessionKey('p', '1');
    await store.bind(key, a, lifetime);
    clock.advance(BINDING_KEPT_MS + 1);
    asked.length = 0;
    expect(await Promise.all([store.lookup(key, lifetime), store.lookup(key, lifetime)])).toEqual([a, a]);
    expect(await store.lookup(key, lifetime)).toBe(a);
    expect(asked).toHaveLength(1);
    clock.advance(BINDING_KEPT_MS + 1);
    expect(await store.lookup(key, lifetime)).toBe(a);
    expect(asked).toHaveLength(2);
  });

  it('recalls a binding for as long as it would not ask again', async () => {
    const { store, asked, clock } = subject();
    const key = sessionKey('p', '1');
    expect(store.recall(key, lifetime)).toBeUndefined();
    await store.bind(key, a, lifetime);
    asked.length = 0;
    expect(store.recall(key, lifetime)).toBe(a);
    expect(store.recall(sessionKey('q', '1'), lifetime)).toBeUndefined();
    expect(store.recall(key, { ...lifetime, remainingMs: 0 })).toBeUndefined();
    clock.advance(BINDING_KEPT_MS + 1);
    expect(store.recall(key, lifetime)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('cannot say when nobody answers in time', async () => {
    const never: SessionStore = {
      recall: () => undefined,
      lookup: () => new Promise(() => undefined),
      bind: () => new Promise(() => undefined),
      rebind: () => new Promise(() => undefined),
    };
    const { store } = subject(() => never, systemTimers);
    const key = sessionKey('p', '1');
    expect(await store.lookup(key, lifetime)).toBeUndefined();
    expect(await store.bind(key, a, lifetime)).toBeUndefined();
    expect(await store.rebind(key, a, b, lifetime)).toBeUndefined();
  });

  it('cannot say once the primary is gone, and tells those who wait at once', async () => {
    const { store, disconnect } = subject();
    const waiting = store.lookup(sessionKey('p', '1'), lifetime);
    disconnect();
    expect(await waiting).toBeUndefined();
    expect(await store.lookup(sessionKey('p', '2'), lifetime)).toBeUndefined();
  });
});
