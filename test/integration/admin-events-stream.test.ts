import { retain } from '../../control-plane/event-log/retain.js';
import { startAdminServer, type AdminServer } from '../../control-plane/admin/admin-server.js';
import type { FollowerLimits } from '../../control-plane/admin/followers.js';
import type { FleetPort } from '../../control-plane/control-port.js';
import { readMessages, type StreamMessage } from '../../control-plane/cli/event-stream.js';
import { HistoryBusy } from '../../control-plane/hindsight/history.js';
import { backendId, poolId } from '../../shared/ids.js';
import { adminOptions } from '../support/admin-app.js';
import { testControl, type TestControl } from '../support/control-port.js';
import { testFleet } from '../support/fleet/host-views.js';
import { type RawClient, connectRaw } from '../support/raw-client.js';
import { waitUntil } from '../support/wait-until.js';

const WEB = poolId('web');
const LIMITS: FollowerLimits = { count: 3, heartbeatMs: 15_000, stallMs: 10_000 };

let control: TestControl;
let server: AdminServer;
const aborts: AbortController[] = [];

async function start(limits: FollowerLimits = LIMITS, fleet: FleetPort | null = null): Promise<void> {
  control = await testControl(fleet);
  server = await startAdminServer(adminOptions(control, { followers: limits }));
}
afterEach(async () => {
  for (const abort of aborts.splice(0)) abort.abort();
  await server.close();
});

interface Stream {
  readonly messages: StreamMessage[];
  readonly ended: Promise<void>;
  seqs(): number[];
}

async function follow(query: string, headers: Record<string, string> = {}): Promise<Stream> {
  const abort = new AbortController();
  aborts.push(abort);
  const response = await fetch(`http://127.0.0.1:${server.address.port}/api/v1/events?follow=true${query}`, {
    headers,
    signal: abort.signal,
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const messages: StreamMessage[] = [];
  const read = async () => {
    for await (const message of readMessages(response.body!)) messages.push(message);
  };
  const ended = read().catch(() => undefined);
  return {
    messages,
    ended,
    seqs: () => messages.filter(({ id }) => id !== null).map(({ id }) => Number(id)),
  };
}

/** One event each. */
async function change(times = 1): Promise<void> {
  for (let i = 0; i < times; i++) {
    const weight = 1 + (control.story.world.state.seq % 900);
    await control.send({
      type: 'ChangeBackend',
      pool: WEB,
      backend: backendId('b'),
      changes: { weight },
      expectedVersion: null,
      actor: { kind: 'api' },
    });
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('following the events', () => {
  it('tells only what comes when nothing is asked for', async () => {
    await start();
    const stream = await follow('');
    await change(3);
    await waitUntil('three events', () => stream.seqs().length >= 3);
    expect(stream.seqs()).toEqual([10, 11, 12]);
    const first = JSON.parse(stream.messages[0]!.data);
    expect(first).toMatchObject({
      seq: 10,
      type: 'BackendSettingsChanged',
      pool: 'web',
      backend: 'b',
      sentence: expect.any(String),
    });
  });

  it('catches up from an event, then goes on live', async () => {
    await start();
    await change(200);
    const stream = await follow('&after=5');
    await waitUntil('the past', () => stream.seqs().length === 204);
    await change(2);
    await waitUntil('the present', () => stream.seqs().length === 206);
    expect(stream.seqs()).toEqual(range(6, 211));
  });

  it('has neither gap nor duplicate while events pour in', async () => {
    await start();
    const pouring = change(500);
    const streams = await Promise.all([follow('&after=0'), follow('&after=3'), follow('&after=9')]);
    await pouring;
    const last = control.story.world.state.seq;
    for (const [index, from] of [1, 4, 10].entries()) {
      await waitUntil('all events', () => streams[index]!.seqs().at(-1) === last);
      expect(streams[index]!.seqs()).toEqual(range(from, last));
    }
  });

  it('goes on after the last event that a client had', async () => {
    await start();
    const stream = await follow('&after=0', { 'last-event-id': '7' });
    await waitUntil('the rest', () => stream.seqs().length === 2);
    expect(stream.seqs()).toEqual([8, 9]);
  });

  it('tells only of what it was asked for', async () => {
    await start();
    const stream = await follow('&after=0&type=BackendAdded,AdminStateChanged&pool=web');
    await change(60);
    await control.send({
      type: 'ChangeBackend',
      pool: WEB,
      backend: backendId('a'),
      admin: 'draining',
      expectedVersion: null,
      actor: { kind: 'api' },
    });
    await waitUntil('the last', () => stream.seqs().length === 3);
    expect(stream.seqs()).toEqual([5, 6, 70]);
  });

  it('says that events are gone when the client knows another log', async () => {
    await start();
    const stream = await follow('&after=5000');
    await change();
    await waitUntil('the event', () => stream.seqs().length === 1);
    expect(stream.messages.map(({ event }) => event)).toEqual(['gap', 'message']);
    expect(JSON.parse(stream.messages[0]!.data)).toEqual({ after: 5_000, next: 10 });
  });

  it('says that events are gone when the log forgot them', async () => {
    await start();
    await change(30);
    await control.log.checkpoints.save(control.story.world.state);
    await change(10);
    await retain(control.log, { journal: { before: Infinity, bytes: 0 }, keepEvents: 3 });
    const [oldest] = await control.log.events.read({ limit: 1, order: 'forward' });
    const stream = await follow('&after=2');
    await waitUntil('the rest', () => stream.seqs().at(-1) === 49);
    expect(oldest!.seq).toBeGreaterThan(3);
    expect(JSON.parse(stream.messages[0]!.data)).toEqual({ after: 2, next: oldest!.seq });
    expect(stream.seqs()).toEqual(range(oldest!.seq, 49));
  });

  it('waits while others ask more than can be answered, and misses nothing', async () => {
    await start();
    control.answers.historyError = new HistoryBusy();
    const stream = await follow('&after=5');
    await change(2);
    await waitUntil('it to follow', () => control.followers() > 1);
    control.answers.historyError = null;
    await waitUntil('all events', () => stream.seqs().length === 6);
    expect(stream.seqs()).toEqual(range(6, 11));
  });

  it('sends a sign of life', async () => {
    await start({ ...LIMITS, heartbeatMs: 20 });
    const client = await rawFollower();
    await waitUntil('two signs of life', () => client.received().split(': still here').length > 2);
    client.close();
  });

  it('is refused to more clients than allowed, and free again when one leaves', async () => {
    await start();
    await Promise.all([follow(''), follow(''), follow('')]);
    const refused = await fetch(`http://127.0.0.1:${server.address.port}/api/v1/events?follow=true`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10']);
    await refused.body?.cancel();
    aborts[0]!.abort();
    // One for the memory of transitions, one for each stream.
    await waitUntil('the place to be free', () => control.followers() === 3);
    const stream = await follow('');
    await change();
    await waitUntil('the event', () => stream.seqs().length === 1);
  });

  it('lets go of the control plane when a client leaves', async () => {
    await start();
    await follow('');
    expect(control.followers()).toBe(2);
    aborts[0]!.abort();
    await waitUntil('it to let go', () => control.followers() === 1);
  });

  it('cuts off a client that does not read', async () => {
    await start({ ...LIMITS, stallMs: 50 });
    const client = await rawFollower('&after=0');
    client.socket.pause();
    await waitUntil('it to follow', () => control.followers() === 2);
    // More than the buffers of both sockets hold.
    for (let i = 0; i < 30; i++) {
      const problems = [`${i}${'x'.repeat(500_000)}`];
      await control.send({ type: 'RejectConfig', file: 'f', problems, actor: { kind: 'file' } });
    }
    await waitUntil('it to be cut off', () => control.followers() === 1);
    client.socket.resume();
    await client.closed();
    client.close();
  });

  it('ends with a reason when the server closes', async () => {
    await start();
    const stream = await follow('');
    await server.close();
    await stream.ended;
    expect(stream.messages).toEqual([{ event: 'end', data: '{"reason":"shutdown"}', id: null }]);
  });
});

async function rawFollower(query = ''): Promise<RawClient> {
  const client = await connectRaw(server.address.port);
  client.send(`GET /api/v1/events?follow=true${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  return client;
}

describe('following the events of a host of a fleet', () => {
  const gaps = ({ messages }: Stream) =>
    messages.filter(({ event }) => event === 'gap').map(({ data }) => JSON.parse(data));
  const ids = ({ messages }: Stream) => messages.flatMap(({ id }) => (id === null ? [] : [id]));

  it('gives ids that name epoch and host, and goes on by them', async () => {
    await start(LIMITS, testFleet());
    const stream = await follow('&after=7');
    await waitUntil('the past', () => ids(stream).length === 2);
    expect(ids(stream)).toEqual(['8-1@lb-1', '9-1@lb-1']);
    const again = await follow('&after=0', { 'last-event-id': '8-1@lb-1' });
    await waitUntil('the rest', () => ids(again).length === 1);
    expect(ids(again)).toEqual(['9-1@lb-1']);
    expect(gaps(again)).toEqual([]);
    const plain = await follow('', { 'last-event-id': '8' });
    await waitUntil('the rest', () => ids(plain).length === 1);
  });

  it.each([
    ['another host', '8-1@lb-2', 'other-host'],
    ['another history of this host', '8-4@lb-1', 'other-history'],
  ])('tells of a gap after an event of %s, and goes on from now', async (_, lastId, reason) => {
    await start(LIMITS, testFleet());
    const stream = await follow('&after=0', { 'last-event-id': lastId });
    await waitUntil('the gap', () => gaps(stream).length === 1);
    await change();
    await waitUntil('the present', () => ids(stream).length === 1);
    expect(gaps(stream)).toEqual([{ after: 8, next: 10, reason }]);
    expect(ids(stream)).toEqual(['10-1@lb-1']);
  });

  it('says how new the news of this host are', async () => {
    await start(LIMITS, testFleet());
    const abort = new AbortController();
    aborts.push(abort);
    const url = `http://127.0.0.1:${server.address.port}/api/v1/events?follow=true`;
    const { headers } = await fetch(url, { signal: abort.signal });
    expect(headers.get('x-tidegate-position')).toBe('45-9');
  });

  it('reads such an id where there is no fleet, too', async () => {
    await start();
    const stream = await follow('&after=0', { 'last-event-id': '8-1@lb-1' });
    await waitUntil('the rest', () => ids(stream).length === 1);
    expect(ids(stream)).toEqual(['9']);
  });
});
