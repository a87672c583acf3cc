import { MAX_OPEN_QUESTIONS, MAX_UNSENT_MESSAGES } from '../../../../data-plane/control/control-link.js';
import { IpcLink, type IpcEndpoint } from '../../../../data-plane/control/ipc-link.js';
import type { WorkerMessage } from '../../../../shared/message.js';
import { quietLogger } from '../../../support/quiet-logger.js';
import { virtualTimers } from '../../../support/virtual-timers.js';

function arrange() {
  const timers = virtualTimers();
  const sent: WorkerMessage[] = [];
  const callbacks: ((error: Error | null) => void)[] = [];
  const listeners = new Map<string, (message?: unknown) => void>();
  const state = { connected: true, broken: false };
  const endpoint: IpcEndpoint = {
    get connected() {
      return state.connected;
    },
    send(
      message: WorkerMessage,
      _handle: undefined,
      _options: undefined,
      callback: (error: Error | null) => void,
    ) {
      if (state.broken) throw new Error('channel closed');
      sent.push(message);
      callbacks.push(callback);
      return true;
    },
    on: (event: string, listener: (message?: unknown) => void) => listeners.set(event, listener),
    off: (event: string) => listeners.delete(event),
  };
  const link = new IpcLink(endpoint, timers, quietLogger);
  return {
    link,
    timers,
    sent,
    state,
    listeners,
    written: (error: Error | null = null) => callbacks.splice(0).forEach((callback) => callback(error)),
    hear: (message: unknown) => listeners.get('message')?.(message),
    disconnect: () => {
      state.connected = false;
      listeners.get('disconnect')?.();
    },
  };
}
const ready: WorkerMessage = { type: 'ready', port: 1 };

describe('the link over IPC', () => {
  it('is idle when all it sent has left', () => {
    const { link, written } = arrange();
    expect(link.isIdle()).toBe(true);
    expect(link.send(ready)).toBe(true);
    expect(link.isIdle()).toBe(false);
    written();
    expect(link.isIdle()).toBe(true);
  });

  it('survives errors of the channel, told or thrown', () => {
    const { link, written, state } = arrange();
    link.send(ready);
    written(new Error('EPIPE'));
    expect(link.isIdle()).toBe(true);
    state.broken = true;
    expect(link.send(ready)).toBe(false);
    expect(link.isIdle()).toBe(true);
  });

  it('sends nothing on a closed channel', () => {
    const { link, sent, disconnect } = arrange();
    disconnect();
    expect(link.isOpen()).toBe(false);
    expect(link.send(ready)).toBe(false);
    expect(sent).toEqual([]);
  });

  it('takes no more questions at a limit, but everything that the primary waits for', async () => {
    const { link, sent } = arrange();
    for (let i = 0; i < MAX_UNSENT_MESSAGES; i += 1) link.send({ type: 'metrics-request', id: i });
    expect(await link.askMetrics(100)).toBeUndefined();
    expect(sent).toHaveLength(MAX_UNSENT_MESSAGES);
    const ack: WorkerMessage = { type: 'ack', epoch: 1, version: 1 };
    expect(link.send(ack)).toBe(true);
    expect(sent.at(-1)).toBe(ack);
  });

  it('matches answers with questions', async () => {
    const { link, hear, timers } = arrange();
    const [one, two] = [link.askMetrics(100), link.askMetrics(100)];
    hear({ type: 'metrics-reply', id: 2, contentType: 't', body: 'two' });
    hear({ type: 'metrics-reply', id: 1, contentType: 't', body: 'one' });
    expect((await one)?.body).toBe('one');
    expect((await two)?.body).toBe('two');
    expect(timers.waiting()).toBe(0);
  });

  it('takes no answer of another kind, nor one that comes twice or too late', async () => {
    const { link, hear, timers } = arrange();
    const one = link.askMetrics(100);
    hear({ type: 'session-reply', id: 1, backend: 'a' });
    timers.advance(100);
    expect(await one).toBeUndefined();
    hear({ type: 'metrics-reply', id: 1, contentType: 't', body: 'late' });
    hear({ type: 'metrics-reply', id: 99, contentType: 't', body: 'never asked' });
  });

  it('answers all that wait when the primary is gone, and says so once', async () => {
    const { link, disconnect, listeners } = arrange();
    let told = 0;
    link.onClosed(() => (told += 1));
    const waiting = link.askMetrics(1_000);
    disconnect();
    listeners.get('disconnect')?.();
    expect(await waiting).toBeUndefined();
    expect(told).toBe(1);
    expect(await link.askMetrics(1_000)).toBeUndefined();
  });

  it('tells at once who asks too late that the primary is gone', () => {
    const { link, disconnect } = arrange();
    disconnect();
    let told = 0;
    link.onClosed(() => (told += 1));
    expect(told).toBe(1);
  });

  it('lets a bounded number wait', async () => {
    const { link } = arrange();
    for (let i = 0; i < MAX_OPEN_QUESTIONS; i += 1) void link.askMetrics(1_000);
    expect(await link.askMetrics(1_000)).toBeUndefined();
    link.close();
  });

  it('passes announcements on, and nothing that it does not understand', () => {
    const { link, hear } = arrange();
    const heard: string[] = [];
    link.onAnnouncement(({ type }) => heard.push(type));
    hear({ type: 'flush', id: 1 });
    hear({ type: 'flush' });
    hear({ type: 'ready', port: 1 });
    hear(null);
    hear({ type: 'shutdown', deadlineMs: 5 });
    expect(heard).toEqual(['flush', 'shutdown']);
  });

  it('waits until everything has left, the time is up, or the channel closes', async () => {
    const { link, written, timers, disconnect } = arrange();
    await link.allSent(100);
    link.send(ready);
    const left = link.allSent(100);
    written();
    await left;
    link.send(ready);
    const late = link.allSent(100);
    timers.advance(100);
    await late;
    const closed = link.allSent(100);
    disconnect();
    await closed;
    await link.allSent(100);
  });
});
