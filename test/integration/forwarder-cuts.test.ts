/**
 * Peers that leave at any moment: a backend after each byte of its answer, a client after each byte of its request, cleanly and
 * by reset. What the client is told must be true, and nothing may be left behind.
 */
import { type BackendScript, type BackendServer, answer, startBackend } from '../support/backend-server.js';
import { type EngineUnderTest, ENGINES } from '../support/engine-under-test.js';
import { type RawClient, connectRaw } from '../support/raw-client.js';
import { type ForwardingChanges, backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { waitUntil } from '../support/wait-until.js';

/** Connections at the same time. */
const AT_ONCE = 16;

interface Shape {
  readonly name: string;
  readonly head: string;
  readonly body: string;
  /** Its end is the end of the connection. */
  readonly untilClose?: true;
}

const ANSWERS: readonly Shape[] = [
  { name: 'a length', head: 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n', body: 'hello, world' },
  {
    name: 'chunks',
    head: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    body: '5\r\nhello\r\n7\r\n, world\r\n0\r\nX-Sum: 1\r\n\r\n',
  },
  { name: 'no framing', head: 'HTTP/1.1 200 OK\r\nX: y\r\n\r\n', body: 'hello, world', untilClose: true },
  {
    name: 'an interim response before it',
    head: 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n',
    body: 'ok',
  },
];

type Leave = 'end' | 'reset';

const REQUESTS = [
  ['a length', 'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello'],
  [
    'chunks',
    'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n',
  ],
  ['no body', 'GET /g HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n'],
  ['an expectation', 'POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello'],
  ['an upgrade', 'GET /u HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
] as const;

describe.each(ENGINES)('peers of the %s engine that leave', (_name, startEngine) => {
  let backend: BackendServer;
  let engine: EngineUnderTest;

  async function start(script: BackendScript, changes: ForwardingChanges = {}): Promise<void> {
    backend = await startBackend(script);
    engine = await startEngine(
      snapshotOf([poolOf([backendAt('a', backend.port)])], { retry: { attempts: 1 }, ...changes }),
    );
  }

  /** Calls `one` for each of `count` numbers, a few at a time. Tells what it returned, where that is not `null`. */
  async function each(
    count: number,
    one: (number: number) => Promise<string | null>,
  ): Promise<readonly string[]> {
    const problems: string[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < count) {
        const problem = await one(next++);
        if (problem !== null) problems.push(problem);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return problems;
  }

  afterEach(async () => {
    await waitUntil('no connection left', () => engine.forwarder.connections() === 0);
    const load = engine.table().pools.values().next().value?.backends[0]?.load;
    expect(load?.own).toBe(0);
    const client = await connectRaw(engine.port);
    client.send('GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await client.closed();
    expect(client.received()).toMatch(/^HTTP\/1\.1 200 /);
    client.close();
    expect(engine.complaints).toEqual([]);
    await engine.close();
    await backend.close();
  });

  it.each([
    ['its share of requests', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(50_000), 200],
    ['a refusal', `GET / HTTP/1.1\r\n\r\n${'x'.repeat(4_000_000)}`, 400],
    ['a refusal of what node takes for no request', `\0${'x'.repeat(4_000_000)}`, 400],
    [
      'an early answer',
      `POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n${'x'.repeat(4_000_000)}`,
      200,
    ],
  ])(
    'are given our last answer whole, with much of theirs still on its way, after %s',
    async (_why, bytes, status) => {
      await start(() => answer('the last answer'), { limits: { requestsPerConnection: 1 } });
      const client = await connectRaw(engine.port);
      // What has not been read when a connection is closed resets it, and what the client has not read by then is lost to it.
      client.socket.pause();
      client.send(bytes);
      await waitUntil('all to be sent', () => client.socket.writableLength === 0 || client.socket.destroyed);
      client.socket.resume();
      expect(await client.closed()).toBe('end');
      expect(client.received()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*connection: close\r\n`, 'i'));
      expect(readAnswer(client)).toBe(`${status} whole`);
      client.close();
    },
  );

  it('within an answer, with a further request behind it: no connection stays', async () => {
    await start((request, connection) => {
      if (request.target !== '/first') return answer('ok');
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha');
      return undefined;
    });
    const client = await connectRaw(engine.port);
    const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
    client.send(get('/first') + get('/second'));
    await client.until(/ha$/);
    client.socket.end();
    await waitUntil('its end to be seen', () => !client.socket.writable);
    backend.connections[0]?.write('ha');
    await client.closed();
    client.close();
  });

  describe.each(['end', 'reset'] as const)('by %s', (leave) => {
    it.each(ANSWERS.map((shape) => [shape.name, shape] as const))(
      'backends, after each byte of an answer with %s',
      async (_shape, shape) => {
        const whole = shape.head + shape.body;
        await start(({ target }, connection) => {
          const cut = Number(/^\/cut\/(\d+)$/.exec(target)?.[1] ?? -1);
          if (cut < 0) return answer('ok');
          connection.write(whole.slice(0, cut));
          if (leave === 'end') connection.socket.end();
          else connection.socket.resetAndDestroy();
          return undefined;
        });
        const problems = await each(whole.length + 1, async (cut) => {
          const client = await connectRaw(engine.port);
          client.send(`GET /cut/${cut} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
          await client.closed();
          const seen = readAnswer(client);
          client.close();
          const expected = toldOf(shape, cut, leave);
          return seen === expected ? null : `${cut}: ${seen} instead of ${expected}`;
        });
        expect(problems).toEqual([]);
      },
    );

    it('backends, after each byte of an answer on a connection that was used before', async () => {
      const whole = answer('ok');
      await start(({ target, number }, connection) => {
        const cut = Number(/^\/cut\/(\d+)$/.exec(target)?.[1] ?? -1);
        // The same request comes once more where nothing of an answer was heard on a connection kept.
        if (cut < 0 || (cut === 0 && number === 2)) return whole;
        connection.write(whole.slice(0, cut));
        if (leave === 'end') connection.socket.end();
        else connection.socket.resetAndDestroy();
        return undefined;
      });
      for (const cut of [0, 1, 20]) {
        const client = await connectRaw(engine.port);
        client.send('GET /first HTTP/1.1\r\nHost: a\r\n\r\n');
        await client.until(/ok$/);
        client.send(`GET /cut/${cut} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
        await client.closed();
        expect(client.received()).toMatch(cut === 0 ? /ok$/ : / 502 [^]*upstream_reset/);
        client.close();
      }
      expect(engine.counted('backendErrors', 'default', 'a', 'reset')).toBe(2);
    });

    it.each(REQUESTS)('clients, after each byte of a request with %s', async (_what, whole) => {
      await start(({ method }) => (method === 'GET' ? answer('ok') : undefined));
      const problems = await each(whole.length, async (cut) => {
        const client = await connectRaw(engine.port);
        client.send(whole.slice(0, cut));
        if (leave === 'end') client.socket.end();
        else client.socket.resetAndDestroy();
        await client.closed();
        const received = client.received();
        client.close();
        return received === '' ? null : `${cut}: ${JSON.stringify(received)}`;
      });
      expect(problems).toEqual([]);
    });
  });
});

/** What the client must be told of an answer that was cut after so many bytes. */
function toldOf({ head, body, untilClose }: Shape, cut: number, leave: Leave): string {
  if (cut < head.length) return '502 whole';
  const isWhole = untilClose === true ? leave === 'end' : cut === head.length + body.length;
  return isWhole ? '200 whole' : '200 cut';
}

function readAnswer(client: RawClient): string {
  const received = client.received().replace(/^HTTP\/1\.1 103 [^]*?\r\n\r\n/, '');
  const head = /^HTTP\/1\.1 (\d+) [^]*?\r\n\r\n/.exec(received);
  if (head === null) return `nothing to read in ${JSON.stringify(received)}`;
  const body = received.slice(head[0].length);
  const length = /\r\ncontent-length: (\d+)/i.exec(head[0])?.[1];
  const isWhole =
    length === undefined
      ? /(?:^|\r\n)0\r\n(?:X-Sum: 1\r\n)?\r\n$/i.test(body)
      : body.length === Number(length);
  return `${head[1]} ${isWhole ? 'whole' : 'cut'}`;
}
