/**
 * HTTP/2 clients that mean harm: each of the known attacks, frame by frame. What is asked for in all of them: the stream or the
 * connection is ended by rule, the backend sees nothing that it must not, memory stays, and others are served.
 */
import { type BackendScript, type BackendServer, answer, startBackend } from '../support/backend-server.js';
import { type EngineUnderTest, ENGINES } from '../support/engine-under-test.js';
import { type H2Client, connectH2 } from '../support/h2-client.js';
import {
  CODE,
  FLAG,
  FRAME,
  FrameClient,
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
import { type ForwardingChanges, backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { testCertificate } from '../support/test-certificate.js';
import { waitUntil } from '../support/wait-until.js';

/** HTTP/2 is served by the same code in all engines. */
const [, startEngine] = ENGINES[0]!;
/** What an attack on one connection may cost in memory, bytes. The attacker of these tests lives in the same process. */
const RSS_ALLOWANCE = 150 * 1024 * 1024;
const POST = { ':method': 'POST' };

describe('a hostile HTTP/2 client', () => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  let bystander: H2Client;
  let rssBefore: number;
  const clients: FrameClient[] = [];

  async function start(
    script: BackendScript = () => answer('ok'),
    forwarding: ForwardingChanges = {},
  ): Promise<void> {
    backend = await startBackend((request, connection) =>
      request.target === '/bystander' ? answer('ok') : script(request, connection),
    );
    engine = await startEngine(snapshotOf([poolOf([backendAt('a', backend.port)])], forwarding), {
      certificate: testCertificate(),
    });
    bystander = await connectH2(engine.port);
    rssBefore = process.memoryUsage.rss();
  }
  async function attacker(...entries: readonly (readonly [number, number])[]): Promise<FrameClient> {
    const client = await FrameClient.open(engine.port, ...entries);
    clients.push(client);
    return client;
  }
  /** Requests that came from the attacker. */
  const attacks = (): readonly string[] =>
    backend.requests.filter(({ target }) => target !== '/bystander').map(({ head }) => head);

  afterEach(async () => {
    const served = bystander.request({ ':path': '/bystander' });
    expect(await served.head()).toBe(200);
    expect(process.memoryUsage.rss() - rssBefore).toBeLessThan(RSS_ALLOWANCE);
    bystander.close();
    for (const client of clients.splice(0)) client.close();
    await waitUntil('nothing is left of them', () => engine.forwarder.connections() === 0);
    await engine.close();
    await backend.close();
  });

  it('resets requests as fast as it opens them (CVE-2023-44487): the connection is closed', async () => {
    await start();
    const client = await attacker();
    for (let stream = 1; stream < 4_000 && !client.isClosed; stream += 2) {
      client.send(
        headers(stream, request({ ':path': `/${stream}` })),
        reset(stream, stream % 4 === 1 ? CODE.cancel : CODE.none),
      );
    }
    expect([CODE.calm, CODE.internal]).toContain(await client.goneWith());
    // Opened and reset in one packet: nothing of it is worth a connection to a backend.
    expect(attacks().length).toBeLessThan(50);
  });

  it('resets requests that are running already (CVE-2023-44487): the backend works on few, the connection is closed', async () => {
    await start(() => undefined);
    const client = await attacker();
    let stream = 1;
    for (let round = 0; round < 20 && !client.isClosed; round += 1) {
      const first = stream;
      const seen = attacks().length;
      for (; stream < first + 100; stream += 2)
        client.send(headers(stream, request({ ':path': `/${stream}` })));
      await waitUntil('some of them', () => attacks().length > seen || client.isClosed);
      for (let each = first; each < stream; each += 2) client.send(reset(each));
    }
    await client.goneWith();
    expect(attacks().length).toBeLessThan(600);
    await waitUntil('the backend to be let go', () =>
      backend.connections.every(({ socket }) => socket.destroyed || socket.readableEnded),
    );
    // Clients that leave say nothing about the backend.
    expect(engine.outcomes().flatMap(({ failures }) => Object.keys(failures))).toEqual([]);
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
  ])('makes us reset its requests by %s (CVE-2025-8671): the connection is closed', async (_name, wrong) => {
    await start(() => undefined);
    const client = await attacker();
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
    expect(attacks().length).toBeLessThan(600);
  });

  it('sends CONTINUATION without end (CVE-2024-27983, CVE-2023-45288, CVE-2024-27919): the connection is closed', async () => {
    await start();
    const client = await attacker();
    const filler = fields(['x-filler', 'x'.repeat(1_000)]);
    client.send(headers(1, request(), 0));
    for (let i = 0; i < 10_000 && !client.isClosed; i += 1) {
      client.send(frame(FRAME.continuation, 0, 1, filler));
      if (i % 100 === 0) await waitUntil('a turn', () => true);
    }
    await client.goneWith();
    expect(attacks()).toEqual([]);
  });

  it('cuts TCP in the middle of HEADERS and CONTINUATION (CVE-2024-27983): nothing is left', async () => {
    await start();
    for (let i = 0; i < 20; i += 1) {
      const client = await attacker();
      const block = headers(1, request(), 0);
      client.send(block, frame(FRAME.continuation, 0, 1, fields(['x', 'y'])).subarray(0, 5 + i));
      if (i % 2 === 0) client.socket.destroy();
      else client.socket.end();
    }
    await waitUntil('nothing but the bystander', () => engine.forwarder.connections() === 1);
    expect(attacks()).toEqual([]);
  });

  it('refers to small fields thousands of times (CVE-2026-47774, CVE-2026-49975): refused, cookie crumbs too', async () => {
    await start();
    for (const name of ['cookie', 'x']) {
      // With a window of 0 no answer can leave.
      const client = await attacker([SETTING.initialWindowSize, 0]);
      client.send(headers(1, Buffer.concat([request(), indexedField(name, 'a')])));
      const bomb = Buffer.concat([request(), Buffer.alloc(8_000, NEWEST_FIELD)]);
      for (let stream = 3; stream < 203; stream += 2) client.send(headers(stream, bomb));
      await waitUntil('all are refused', () => {
        const ended = client.frames.filter(({ type, stream }) => type === FRAME.reset && stream > 1);
        return client.isClosed || ended.length >= 100;
      });
    }
    expect(attacks().filter((head) => (head.match(/a/g) ?? []).length > 1_000)).toEqual([]);
  });

  it('keeps large heads in memory by never taking answers (CVE-2026-56846): bounded by streams and time', async () => {
    await start(() => undefined, { timeouts: { responseHeadMs: 300 }, retry: { attempts: 1 } });
    const client = await attacker([SETTING.initialWindowSize, 0]);
    const large = Buffer.concat([
      request(),
      ...Array.from({ length: 10 }, (_, i) => fields([`x-${i}`, 'x'.repeat(1_000)])),
    ]);
    for (let stream = 1; stream < 2_001; stream += 2) client.send(headers(stream, large));
    await waitUntil(
      'refusals',
      () => client.isClosed || client.frames.some(({ type }) => type === FRAME.reset),
    );
    expect(attacks().length).toBeLessThanOrEqual(100);
  });

  it('has its requests answered and reset within one packet (CVE-2026-56848): the process lives', async () => {
    await start();
    const client = await attacker();
    const packet: Buffer[] = [];
    for (let stream = 1; stream < 100; stream += 4) {
      packet.push(
        // Refused at once, while the rest of the packet is still read.
        headers(stream, request({ ':scheme': 'http' }), FLAG.endHeaders),
        data(stream, 'x'),
        windowUpdate(stream, 0),
        headers(stream + 2, request({ ':path': '/a b' })),
        reset(stream + 2),
      );
    }
    client.send(...packet, windowUpdate(0, 0x7fffffff));
    await client.goneWith();
    expect(attacks()).toEqual([]);
  });

  it.each([
    ['an oversized block that is no HPACK', () => headers(1, Buffer.alloc(16_000, 0xff))],
    ['an index beyond all tables', () => headers(1, Buffer.from([0xff, 0xff, 0xff, 0x7f]))],
    ['a string longer than its block', () => headers(1, Buffer.from([0, 0x7f, 0xff, 0xff, 0x03]))],
    ['a block cut off', () => headers(1, request().subarray(0, 20))],
  ])('sends %s and is gone (CVE-2025-59465): the process lives', async (_name, bytes) => {
    await start();
    const client = await attacker();
    client.send(bytes());
    client.socket.destroySoon();
    const other = await attacker();
    other.send(bytes());
    await other.goneWith();
    expect(attacks()).toEqual([]);
  });

  it.each([
    ['a connection window beyond 2^31-1', () => windowUpdate(0, 0x7fffffff)],
    ['a window that grows by 0', () => windowUpdate(0, 0)],
    ['DATA on stream 0', () => data(0, 'x')],
    ['HEADERS on an even stream', () => headers(2, request())],
    ['CONTINUATION out of nowhere', () => frame(FRAME.continuation, FLAG.endHeaders, 1, request())],
    ['a frame larger than allowed', () => frame(FRAME.data, 0, 1, Buffer.alloc(20_000))],
    ['a PING of 7 bytes', () => frame(FRAME.ping, 0, 0, Buffer.alloc(7))],
    ['SETTINGS of 5 bytes', () => frame(FRAME.settings, 0, 0, Buffer.alloc(5))],
    ['an initial window beyond 2^31-1', () => settings([SETTING.initialWindowSize, 0xffffffff])],
    ['RST_STREAM of an idle stream', () => reset(9)],
    ['a header block within another', () => Buffer.concat([headers(1, request(), 0), headers(3, request())])],
  ])(
    'breaks the connection by %s (CVE-2026-21714, CVE-2026-48937): it is closed and freed',
    async (_name, bytes) => {
      await start();
      const client = await attacker();
      client.send(bytes());
      const code = await client.goneWith();
      expect(code === null || code > 0).toBe(true);
      await waitUntil('it is freed', () => engine.forwarder.connections() === 1);
      expect(attacks()).toEqual([]);
    },
  );

  it('does not speak HTTP/2 after having chosen it: the connection is closed', async () => {
    await start();
    const client = await FrameClient.connect(engine.port);
    clients.push(client);
    client.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await client.goneWith();
    expect(attacks()).toEqual([]);
  });

  it('never says anything: closed when idle for too long', async () => {
    await start(() => answer('ok'), { timeouts: { keepAliveMs: 300 } });
    const client = await FrameClient.connect(engine.port);
    clients.push(client);
    const halfway = await attacker();
    halfway.send(headers(1, request(), 0));
    await client.goneWith();
    await halfway.goneWith();
    bystander = await connectH2(engine.port);
  });

  it('vanishes without a word (CVE-2025-23085): its requests are given up and nothing is left', async () => {
    await start(() => undefined);
    for (let i = 0; i < 10; i += 1) {
      const client = await attacker();
      client.send(
        headers(1, request({ ':path': `/${i}` })),
        headers(3, request(POST), FLAG.endHeaders),
        data(3, 'abc'),
      );
      await backend.sees(2 * (i + 1));
      client.socket.destroy();
    }
    await waitUntil('nothing but the bystander', () => engine.forwarder.connections() === 1);
    await waitUntil('the backend to be let go', () =>
      backend.connections.every(({ socket }) => socket.destroyed || socket.readableEnded),
    );
  });

  it('takes its answers one byte at a time, or not at all (CVE-2019-9511, CVE-2019-9517): cut when nothing moves', async () => {
    const big = answer('x'.repeat(2 * 1024 * 1024));
    await start(() => big, {
      timeouts: { responseIdleMs: 400 },
    });
    const client = await attacker([SETTING.initialWindowSize, 0]);
    for (let stream = 1; stream < 40; stream += 2) client.send(headers(stream, request()));
    await client.answered(39);
    client.send(windowUpdate(1, 1), windowUpdate(3, 1));
    for (let stream = 1; stream < 40; stream += 2) expect(await client.resetCode(stream)).toBe(CODE.internal);
    await waitUntil('the backend to be let go', () =>
      backend.connections.every(({ socket }) => socket.destroyed || socket.readableEnded),
    );
  });

  it('takes nothing of our own answers: cut when nothing moves', async () => {
    await start(() => undefined, { timeouts: { responseIdleMs: 300 } });
    const client = await attacker([SETTING.initialWindowSize, 0]);
    for (let stream = 1; stream < 40; stream += 2) {
      client.send(headers(stream, request({ ':scheme': 'http' })));
    }
    for (let stream = 1; stream < 40; stream += 2) expect(await client.resetCode(stream)).toBe(CODE.internal);
    expect(attacks()).toEqual([]);
  });

  it('does not read from its socket at all (CVE-2019-9517, CVE-2024-45506): cut, and a GOAWAY that cannot leave harms nobody', async () => {
    const big = answer('x'.repeat(256 * 1024));
    await start(() => big, {
      timeouts: { responseIdleMs: 400, keepAliveMs: 400 },
    });
    const client = await attacker([SETTING.initialWindowSize, 0x7fffffff]);
    client.socket.pause();
    client.send(windowUpdate(0, 0x7fffffff - 65_535));
    for (let stream = 1; stream < 200; stream += 2) client.send(headers(stream, request()));
    await waitUntil('it is cut', () => engine.forwarder.connections() <= 1);
    bystander = await connectH2(engine.port);
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
    await start(() => undefined);
    const client = await attacker();
    client.send(headers(1, request(POST), FLAG.endHeaders));
    if (name.startsWith('CONTINUATION')) client.send(headers(3, request(), 0));
    const many = Buffer.concat(Array.from({ length: 500 }, one));
    for (let i = 0; i < 400 && !client.isClosed; i += 1) {
      client.send(many);
      await waitUntil('it is taken', () => client.socket.writableLength < 1_000_000 || client.isClosed);
    }
    await client.goneWith();
    expect(attacks().length).toBeLessThanOrEqual(1);
  });

  it('resets a hundred running requests at once, again and again (CVE-2021-32778): the event loop goes on', async () => {
    await start(() => undefined);
    const client = await attacker();
    for (let stream = 1; stream < 200; stream += 2) client.send(headers(stream, request()));
    await waitUntil('all of them', () => attacks().length === 100);
    const before = performance.now();
    const resets = Array.from({ length: 100 }, (_, i) => reset(2 * i + 1));
    client.send(...resets);
    await waitUntil('all are given up', () =>
      backend.connections.every(({ socket }) => socket.destroyed || socket.readableEnded),
    );
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it('sends DATA behind RST_STREAM in one packet (CVE-2026-26311): ignored', async () => {
    await start();
    const client = await attacker();
    client.send(
      headers(1, request(POST), FLAG.endHeaders),
      data(1, 'first'),
      reset(1),
      data(1, 'dead', true),
      headers(3, request({ ':path': '/live' })),
    );
    await client.answered(3);
    expect(attacks()).toHaveLength(1);
    expect(attacks()[0]).toContain('/live');
  });

  it.each([
    ['a space in the path', { ':path': '/a HTTP/1.1' }],
    ['a line end in the path', { ':path': '/a\r\nX-Evil: 1' }],
    ['a bare line feed in the path', { ':path': '/a\nX-Evil: 1' }],
    ['a control character in the path', { ':path': '/a\x01' }],
    ['a NUL in the path', { ':path': '/a\0' }],
    ['a path without a slash', { ':path': 'a' }],
    ['an absolute path', { ':path': 'http://b.test/' }],
    ['an asterisk that is not for OPTIONS', { ':path': '*' }],
    ['no path', { ':path': '' }],
    ['a space in the method', { ':method': 'GET /evil HTTP/1.1' }],
    ['a line end in the method', { ':method': 'GET\r\nX' }],
    ['no method', { ':method': '' }],
    ['a line end in the scheme', { ':scheme': 'https\r\nX: y' }],
    ['a space in the scheme', { ':scheme': 'http ://x' }],
    ['no scheme', { ':scheme': '' }],
    ['a line end in the authority', { ':authority': 'a.test\r\nX: y' }],
    ['a space in the authority', { ':authority': 'a.test b.test' }],
    ['a user name in the authority', { ':authority': 'me@a.test' }],
    ['an unknown pseudo field', { ':evil': '1' }],
    ['a pseudo field of answers', { ':status': '200' }],
    ['extended CONNECT, which is not offered', { ':method': 'CONNECT', ':protocol': 'websocket' }],
  ])('desynchronises by %s (CVE-2023-27491): the stream is refused', async (_name, pseudo) => {
    await start();
    const client = await attacker();
    client.send(headers(1, request(pseudo)));
    expect(await client.resetCode(1)).toBe(CODE.protocol);
    expect(attacks()).toEqual([]);
  });

  it.each([
    ['connection', 'close'],
    ['transfer-encoding', 'chunked'],
    ['upgrade', 'h2c'],
    ['keep-alive', 'timeout=5'],
    ['proxy-connection', 'keep-alive'],
    ['te', 'gzip'],
    ['X-Upper', 'case'],
    ['content-length', 'abc'],
    ['content-length', '-1'],
    ['content-length', '+0'],
    ['content-length', ''],
    ['content-length', '0, 0'],
    [':path', '/late'],
  ])('sends the field %j: %j (RFC 9113 §8.2): the stream is refused', async (name, value) => {
    await start();
    const client = await attacker();
    client.send(headers(1, request({}, ['x', 'y'], [name, value])));
    expect(await client.resetCode(1)).toBe(CODE.protocol);
    expect(attacks()).toEqual([]);
  });

  it.each([
    ['a value with a line end', 'x-test', 'a\r\nX-Evil: 1'],
    ['a value with a NUL', 'x-test', 'a\0b'],
    ['a value with a line feed', 'x-test', 'a\nb'],
    ['a value with a control character', 'x-test', 'a\x07b'],
    ['a value with white space before it', 'x-test', ' a'],
    ['a value with white space behind it', 'x-test', 'a\t'],
    ['no name (CVE-2019-9516)', '', 'x-test'],
    ['a name with a space', 'x-test y', 'a'],
    ['a name with a colon', 'x-test:', 'a'],
    ['a name with a line end', 'x-test\r\nx-evil', 'a'],
  ])('sends a field with %s: nothing of it reaches the backend', async (_name, name, value) => {
    await start();
    const client = await attacker();
    client.send(headers(1, request({}, [name, value])));
    // nghttp2 leaves such a field out, as it may; we could not see it.
    await client.sees(
      'an end',
      ({ type, stream }) => stream === 1 && (type === FRAME.reset || type === FRAME.headers),
    );
    expect(attacks().filter((head) => /x-test|evil/i.test(head))).toEqual([]);
  });

  describe('lies about the length of its body (CVE-2026-33555)', () => {
    const length = (value: string): Buffer => request(POST, ['content-length', value]);

    it('with END_STREAM on its head: the stream is reset, the backend sees nothing', async () => {
      await start();
      const client = await attacker();
      client.send(headers(1, length('5')));
      expect(await client.resetCode(1)).toBe(CODE.protocol);
      expect(attacks()).toEqual([]);
    });

    it.each([
      ['too short', [data(1, 'abc', true)]],
      ['too short, in trailers', [data(1, 'abc'), headers(1, fields(['x-sum', '1']))]],
      ['too long', [data(1, 'abcdefgh', true)]],
      ['too long, in the second frame', [data(1, 'abcd'), data(1, 'efgh')]],
    ])('%s: it is reset, and the upstream connection is not used again', async (_name, frames) => {
      await start(() => undefined);
      const client = await attacker();
      client.send(headers(1, length('5'), FLAG.endHeaders));
      await backend.sees(1);
      client.send(...frames);
      // A body that is too long is an error of the whole connection to node.
      await waitUntil(
        'the reset',
        () => client.isClosed || client.frames.some(({ type }) => type === FRAME.reset),
      );
      await waitUntil('the upstream connection to end', () => {
        const { socket } = backend.connections[0]!;
        return socket.destroyed || socket.readableEnded;
      });
      expect(backend.connections[0]!.received()).not.toContain('efgh');
      const next = await attacker();
      next.send(headers(1, request({ ':path': '/bystander' })));
      await next.answered(1);
      expect(backend.connections[0]!.received()).not.toContain('/bystander');
    });

    it('by two lengths: refused', async () => {
      await start();
      const client = await attacker();
      client.send(headers(1, request(POST, ['content-length', '0'], ['content-length', '5'])));
      expect(await client.resetCode(1)).toBe(CODE.protocol);
      expect(attacks()).toEqual([]);
    });
  });

  it('opens more streams than allowed: those are refused, the others served', async () => {
    await start((_request, connection) => {
      void backend.sees(100).then(() => connection.write(answer('ok')));
    });
    const client = await attacker();
    // The limit is in force once we have its acknowledgement; only then is it an offence to exceed it.
    for (let stream = 1; stream < 300; stream += 2) client.send(headers(stream, request()));
    await waitUntil(
      'refusals or the end',
      () =>
        client.isClosed || client.frames.some(({ type }) => type === FRAME.reset || type === FRAME.goaway),
    );
    expect(attacks().length).toBeLessThanOrEqual(100);
  });
});
