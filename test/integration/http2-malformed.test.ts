/**
 * HTTP/2 clients that send what is not HTTP/2, or what would be another request in HTTP/1.1. The stream or the connection is ended, and
 * the backend sees nothing that it must not.
 */
import { useAttacked } from '../support/h2-attack.js';
import {
  CODE,
  FLAG,
  FRAME,
  SETTING,
  data,
  fields,
  frame,
  headers,
  request,
  reset,
  settings,
  windowUpdate,
} from '../support/h2-frames.js';
import { waitUntil } from '../support/wait-until.js';

const POST = { ':method': 'POST' };

describe('a hostile HTTP/2 client that is not plain', () => {
  const world = useAttacked();

  it('has its requests answered and reset within one packet (CVE-2026-56848): the process lives', async () => {
    await world.start();
    const client = await world.attacker();
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
    expect(world.attacks()).toEqual([]);
  });

  it.each([
    ['an oversized block that is no HPACK', () => headers(1, Buffer.alloc(16_000, 0xff))],
    ['an index beyond all tables', () => headers(1, Buffer.from([0xff, 0xff, 0xff, 0x7f]))],
    ['a string longer than its block', () => headers(1, Buffer.from([0, 0x7f, 0xff, 0xff, 0x03]))],
    ['a block cut off', () => headers(1, request().subarray(0, 20))],
  ])('sends %s and is gone (CVE-2025-59465): the process lives', async (_name, bytes) => {
    await world.start();
    const client = await world.attacker();
    client.send(bytes());
    client.socket.destroySoon();
    const other = await world.attacker();
    other.send(bytes());
    await other.goneWith();
    expect(world.attacks()).toEqual([]);
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
      await world.start();
      const client = await world.attacker();
      client.send(bytes());
      const code = await client.goneWith();
      expect(code === null || code > 0).toBe(true);
      await waitUntil('it is freed', () => world.engine.forwarder.connections() === 1);
      expect(world.attacks()).toEqual([]);
    },
  );

  it('does not speak HTTP/2 after having chosen it: the connection is closed', async () => {
    await world.start();
    const client = await world.stranger();
    client.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await client.goneWith();
    expect(world.attacks()).toEqual([]);
  });

  it('sends DATA behind RST_STREAM in one packet (CVE-2026-26311): ignored', async () => {
    await world.start();
    const client = await world.attacker();
    client.send(
      headers(1, request(POST), FLAG.endHeaders),
      data(1, 'first'),
      reset(1),
      data(1, 'dead', true),
      headers(3, request({ ':path': '/live' })),
    );
    await client.answered(3);
    expect(world.attacks()).toHaveLength(1);
    expect(world.attacks()[0]).toContain('/live');
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
    await world.start();
    const client = await world.attacker();
    client.send(headers(1, request(pseudo)));
    expect(await client.resetCode(1)).toBe(CODE.protocol);
    expect(world.attacks()).toEqual([]);
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
    await world.start();
    const client = await world.attacker();
    client.send(headers(1, request({}, ['x', 'y'], [name, value])));
    expect(await client.resetCode(1)).toBe(CODE.protocol);
    expect(world.attacks()).toEqual([]);
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
    await world.start();
    const client = await world.attacker();
    client.send(headers(1, request({}, [name, value])));
    // nghttp2 leaves such a field out, as it may; we could not see it.
    await client.sees(
      'an end',
      ({ type, stream }) => stream === 1 && (type === FRAME.reset || type === FRAME.headers),
    );
    expect(world.attacks().filter((head) => /x-test|evil/i.test(head))).toEqual([]);
  });

  describe('lies about the length of its body (CVE-2026-33555)', () => {
    const length = (value: string): Buffer => request(POST, ['content-length', value]);

    it('with END_STREAM on its head: the stream is reset, the backend sees nothing', async () => {
      await world.start();
      const client = await world.attacker();
      client.send(headers(1, length('5')));
      expect(await client.resetCode(1)).toBe(CODE.protocol);
      expect(world.attacks()).toEqual([]);
    });

    it.each([
      ['too short', [data(1, 'abc', true)]],
      ['too short, in trailers', [data(1, 'abc'), headers(1, fields(['x-sum', '1']))]],
      ['too long', [data(1, 'abcdefgh', true)]],
      ['too long, in the second frame', [data(1, 'abcd'), data(1, 'efgh')]],
    ])('%s: it is reset, and the upstream connection is not used again', async (_name, frames) => {
      await world.start(() => undefined);
      const client = await world.attacker();
      client.send(headers(1, length('5'), FLAG.endHeaders));
      await world.backend.sees(1);
      client.send(...frames);
      // A body that is too long is an error of the whole connection to node.
      await waitUntil(
        'the reset',
        () => client.isClosed || client.frames.some(({ type }) => type === FRAME.reset),
      );
      await waitUntil('the upstream connection to end', () => {
        const { socket } = world.backend.connections[0]!;
        return socket.destroyed || socket.readableEnded;
      });
      expect(world.backend.connections[0]!.received()).not.toContain('efgh');
      const next = await world.attacker();
      next.send(headers(1, request({ ':path': '/bystander' })));
      await next.answered(1);
      expect(world.backend.connections[0]!.received()).not.toContain('/bystander');
    });

    it('by two lengths: refused', async () => {
      await world.start();
      const client = await world.attacker();
      client.send(headers(1, request(POST, ['content-length', '0'], ['content-length', '5'])));
      expect(await client.resetCode(1)).toBe(CODE.protocol);
      expect(world.attacks()).toEqual([]);
    });
  });
});
