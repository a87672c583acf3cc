/**
 * HTTP/2 clients that ask for much work with few bytes: floods of resets, heads, frames and streams. The connection is ended by rule,
 * and the backend sees little of it.
 */
import { answer } from '../support/backend-server.js';
import { useAttacked } from '../support/h2-attack.js';
import {
  CODE,
  FLAG,
  FRAME,
  NEWEST_FIELD,
  SETTING,
  data,
  fields,
  frame,
  headers,
  indexedField,
  request,
  reset,
  settings,
  uint32,
  windowUpdate,
} from '../support/h2-frames.js';
import { waitUntil } from '../support/wait-until.js';

const POST = { ':method': 'POST' };

describe('a hostile HTTP/2 client that makes work', () => {
  const world = useAttacked();

  it('resets requests as fast as it opens them (CVE-2023-44487): the connection is closed', async () => {
    await world.start();
    const client = await world.attacker();
    for (let stream = 1; stream < 4_000 && !client.isClosed; stream += 2) {
      client.send(
        headers(stream, request({ ':path': `/${stream}` })),
        reset(stream, stream % 4 === 1 ? CODE.cancel : CODE.none),
      );
    }
    expect([CODE.calm, CODE.internal]).toContain(await client.goneWith());
    // Opened and reset in one packet: nothing of it is worth a connection to a world.backend.
    expect(world.attacks().length).toBeLessThan(50);
  });

  it('resets requests that are running already (CVE-2023-44487): the backend works on few, the connection is closed', async () => {
    await world.start(() => undefined);
    const client = await world.attacker();
    let stream = 1;
    for (let round = 0; round < 20 && !client.isClosed; round += 1) {
      const first = stream;
      const seen = world.attacks().length;
      for (; stream < first + 100; stream += 2) {
        client.send(headers(stream, request({ ':path': `/${stream}` })));
      }
      // What was reset counts for the concurrency until the turn is over: all of a round may be refused.
      const isRefused = (): boolean =>
        client.frames.some((each) => each.type === FRAME.reset && each.stream >= first);
      await waitUntil('some of them', () => world.attacks().length > seen || client.isClosed || isRefused());
      for (let each = first; each < stream; each += 2) client.send(reset(each));
    }
    await client.goneWith();
    expect(world.attacks().length).toBeLessThan(600);
    await world.backendLetGo();
    // Clients that leave say nothing about the backend.
    expect(world.engine.outcomes().flatMap(({ failures }) => Object.keys(failures))).toEqual([]);
  });

  it.each([
    ['WINDOW_UPDATE of 0', (stream: number) => windowUpdate(stream, 0)],
    ['WINDOW_UPDATE beyond the largest window', (stream: number) => windowUpdate(stream, 0x7fffffff)],
    ['PRIORITY of a wrong length', (stream: number) => frame(FRAME.priority, 0, stream, [0, 0, 0])],
    [
      'PRIORITY on itself',
      (stream: number) => frame(FRAME.priority, 0, stream, Buffer.concat([uint32(stream), Buffer.from([1])])),
    ],
    ['HEADERS after END_STREAM', (stream: number) => headers(stream, request())],
    ['DATA after END_STREAM', (stream: number) => data(stream, 'more')],
  ])(
    'makes us reset its requests by %s (CVE-2025-8671, CVE-2019-9514): the connection is closed',
    async (_name, wrong) => {
      await world.start(() => undefined);
      const client = await world.attacker();
      for (let stream = 1; stream < 4_000 && !client.isClosed; stream += 2) {
        client.send(headers(stream, request({ ':path': `/${stream}` })), wrong(stream));
        if (stream % 50 === 1) await waitUntil('a turn', () => true);
      }
      if (_name === 'PRIORITY on itself') {
        // Priorities of RFC 7540 are deprecated and may be ignored; then nothing is reset, and 100 streams are all there are.
        await waitUntil(
          'closed or ignored',
          () => client.isClosed || client.frames.some(({ type }) => type === FRAME.reset),
        );
      } else await client.goneWith();
      expect(world.attacks().length).toBeLessThan(600);
    },
  );

  it('sends CONTINUATION without end (CVE-2024-27983, CVE-2023-45288, CVE-2024-27919): the connection is closed', async () => {
    await world.start();
    const client = await world.attacker();
    const filler = fields(['x-filler', 'x'.repeat(1_000)]);
    client.send(headers(1, request(), 0));
    for (let i = 0; i < 10_000 && !client.isClosed; i += 1) {
      client.send(frame(FRAME.continuation, 0, 1, filler));
      if (i % 100 === 0) await waitUntil('a turn', () => true);
    }
    await client.goneWith();
    expect(world.attacks()).toEqual([]);
  });

  it('cuts TCP in the middle of HEADERS and CONTINUATION (CVE-2024-27983): nothing is left', async () => {
    await world.start();
    for (let i = 0; i < 20; i += 1) {
      const client = await world.attacker();
      const block = headers(1, request(), 0);
      client.send(block, frame(FRAME.continuation, 0, 1, fields(['x', 'y'])).subarray(0, 5 + i));
      if (i % 2 === 0) client.socket.destroy();
      else client.socket.end();
    }
    await waitUntil('nothing but the bystander', () => world.engine.forwarder.connections() === 1);
    expect(world.attacks()).toEqual([]);
  });

  it('refers to small fields thousands of times (CVE-2026-47774, CVE-2026-49975): refused, cookie crumbs too', async () => {
    await world.start();
    for (const name of ['cookie', 'x']) {
      // With a window of 0 no answer can leave.
      const client = await world.attacker([SETTING.initialWindowSize, 0]);
      client.send(headers(1, Buffer.concat([request(), indexedField(name, 'a')])));
      const bomb = Buffer.concat([request(), Buffer.alloc(8_000, NEWEST_FIELD)]);
      for (let stream = 3; stream < 203; stream += 2) client.send(headers(stream, bomb));
      await waitUntil('all are refused', () => {
        const ended = client.frames.filter(({ type, stream }) => type === FRAME.reset && stream > 1);
        return client.isClosed || ended.length >= 100;
      });
    }
    expect(world.attacks().filter((head) => (head.match(/a/g) ?? []).length > 1_000)).toEqual([]);
  });

  it('keeps large heads in memory by never taking answers (CVE-2026-56846): bounded by streams and time', async () => {
    await world.start(() => undefined, { timeouts: { responseHeadMs: 300 }, retry: { attempts: 1 } });
    const client = await world.attacker([SETTING.initialWindowSize, 0]);
    const large = Buffer.concat([
      request(),
      ...Array.from({ length: 10 }, (_, i) => fields([`x-${i}`, 'x'.repeat(1_000)])),
    ]);
    for (let stream = 1; stream < 2_001; stream += 2) client.send(headers(stream, large));
    await waitUntil(
      'refusals',
      () => client.isClosed || client.frames.some(({ type }) => type === FRAME.reset),
    );
    expect(world.attacks().length).toBeLessThanOrEqual(100);
  });

  it.each([
    ['PING (CVE-2019-9512)', () => frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
    ['SETTINGS (CVE-2019-9515)', () => settings([SETTING.maxConcurrentStreams, 7])],
    ['empty DATA (CVE-2019-9518)', () => data(1, '')],
    ['tiny WINDOW_UPDATE', () => windowUpdate(0, 1)],
    ['PRIORITY (CVE-2019-9513)', () => frame(FRAME.priority, 0, 1, [0, 0, 0, 3, 1])],
    ['frames of an unknown type', () => frame(0xbe, 0, 0, Buffer.alloc(8))],
    ['CONTINUATION that is empty (CVE-2019-9518)', () => frame(FRAME.continuation, 0, 3)],
  ])('floods with %s: the connection is closed', async (name, one) => {
    await world.start(() => undefined);
    const client = await world.attacker();
    client.send(headers(1, request(POST), FLAG.endHeaders));
    if (name.startsWith('CONTINUATION')) client.send(headers(3, request(), 0));
    const many = Buffer.concat(Array.from({ length: 500 }, one));
    for (let i = 0; i < 400 && !client.isClosed; i += 1) {
      client.send(many);
      await waitUntil('it is taken', () => client.socket.writableLength < 1_000_000 || client.isClosed);
    }
    await client.goneWith();
    expect(world.attacks().length).toBeLessThanOrEqual(1);
  });

  it('resets a hundred running requests at once, again and again (CVE-2021-32778): the event loop goes on', async () => {
    await world.start(() => undefined);
    const client = await world.attacker();
    for (let stream = 1; stream < 200; stream += 2) client.send(headers(stream, request()));
    await waitUntil('all of them', () => world.attacks().length === 100);
    const before = performance.now();
    const resets = Array.from({ length: 100 }, (_, i) => reset(2 * i + 1));
    client.send(...resets);
    await waitUntil('all are given up', () =>
      world.backend.connections.every(({ socket }) => socket.destroyed || socket.readableEnded),
    );
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it('opens more streams than allowed: those are refused, the others served', async () => {
    await world.start((_request, connection) => {
      void world.backend.sees(100).then(() => connection.write(answer('ok')));
    });
    const client = await world.attacker();
    // The limit is in force once we have its acknowledgement; only then is it an offence to exceed it.
    for (let stream = 1; stream < 300; stream += 2) client.send(headers(stream, request()));
    await waitUntil(
      'refusals or the end',
      () =>
        client.isClosed || client.frames.some(({ type }) => type === FRAME.reset || type === FRAME.goaway),
    );
    expect(world.attacks().length).toBeLessThanOrEqual(100);
  });
});
