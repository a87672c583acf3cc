/** Peers that read slowly: every byte must arrive, in its place, whoever else is served meanwhile and however the exchange ends. */
import { LINGER_MS } from '../../data-plane/engine-limits.js';
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { startNative, type EngineUnderTest } from '../support/engine-under-test.js';
import { untilHeadLimit } from '../support/head-limit.js';
import { connectRaw, type RawClient } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';
import { every, later } from '../support/slow-peer.js';
import { untilStill, waitUntil } from '../support/wait-until.js';

const MEBIBYTE = 1024 * 1024;
/** More than the system holds between two sockets. */
const LARGE = 24 * MEBIBYTE;
/** Longer than a client is waited for after the last word. */
const LONGER_THAN_LINGERING_MS = LINGER_MS + 500;
/** No power of two, so that the pattern shifts against any buffer. */
const PERIOD = 65_521;

/** Bytes that tell their place and whose they are. */
function pattern(size: number, seed: number): Buffer {
  const period = Buffer.alloc(PERIOD * 4);
  for (let i = 0; i < PERIOD; i += 1) {
    period.writeUInt32LE(Math.imul(i + 1, 2_654_435_761 + seed) >>> 0, i * 4);
  }
  return Buffer.alloc(size, period);
}

function chunked(body: Buffer, size: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
}

function unchunked(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (size === 0) return Buffer.concat(pieces);
    pieces.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 4 + size;
  }
}

function bodyOf(message: Buffer): Buffer {
  return message.subarray(message.indexOf('\r\n\r\n') + 4);
}

/** Reads without making text of it; stops and goes on as it reads. */
class SlowReader {
  readonly #pieces: Buffer[] = [];
  length = 0;
  ended = false;

  constructor({ socket }: RawClient, pausesMs: number) {
    socket.removeAllListeners('data');
    socket.pause();
    socket.on('data', (chunk: Buffer) => {
      this.#pieces.push(chunk);
      this.length += chunk.length;
      if (this.#pieces.length % 16 !== 0 || pausesMs === 0) return;
      socket.pause();
      later(pausesMs, () => socket.resume());
    });
    socket.on('end', () => {
      this.ended = true;
    });
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

describe('slow peers under the native engine', () => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  const clients: RawClient[] = [];

  async function start(script: BackendScript, forwarding: ForwardingChanges = {}): Promise<void> {
    backend = await startBackend(script);
    engine = await startNative(snapshotOf([poolOf([backendAt('a', backend.port)])], forwarding));
  }
  async function connect(): Promise<RawClient> {
    const client = await connectRaw(engine.port);
    clients.push(client);
    return client;
  }
  /** Waits until nothing moves any more between backend and client. */
  const stall = (unsent: () => number): Promise<number> => untilStill('the flow', unsent, { forMs: 100 });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await engine.close();
    await backend.close();
    expect(engine.complaints).toEqual([]);
  });

  it.each(['length', 'chunks', 'small chunks', 'close'])(
    'sends responses framed by %s whole to clients that read slowly, several at a time',
    async (framing) => {
      const size = framing === 'small chunks' ? MEBIBYTE : 8 * MEBIBYTE;
      await start(({ target }, connection) => {
        const body = pattern(size, Number(target.slice(1)));
        if (framing === 'length') {
          connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
          connection.write(body);
        } else if (framing === 'close') {
          connection.write('HTTP/1.1 200 OK\r\n\r\n');
          connection.socket.end(body);
        } else {
          connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
          connection.write(chunked(body, framing === 'chunks' ? 100_000 : 11));
        }
      });
      const readers: SlowReader[] = [];
      for (let i = 0; i < 4; i += 1) {
        const client = await connect();
        const reader = new SlowReader(client, i * 2);
        readers.push(reader);
        client.send(`GET /${i} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
        client.socket.resume();
      }
      await waitUntil('all of it', () => readers.every(({ ended }) => ended));
      for (const [index, reader] of readers.entries()) {
        const body = bodyOf(reader.bytes());
        const content = framing === 'length' ? body : unchunked(body);
        expect(content.equals(pattern(size, index))).toBe(true);
      }
    },
  );

  it.each(['length', 'chunks'])(
    'sends requests framed by %s whole to a backend that reads slowly, several at a time',
    async (framing) => {
      const size = 4 * MEBIBYTE;
      const bodies = [0, 1, 2].map((seed) => pattern(size, seed));
      const sent = bodies.map((body) => (framing === 'length' ? body : chunked(body, 50_000)));
      await start((request, connection) => {
        // Reads for a moment, and not for a moment.
        const stop = every(2, () => {
          if (connection.socket.isPaused()) connection.socket.resume();
          else connection.socket.pause();
          const body = request.body();
          if (framing === 'length' ? body.length < size : !body.endsWith('\r\n0\r\n\r\n')) return;
          stop();
          connection.socket.resume();
          connection.write(answer('thanks'));
        });
      });
      for (const [index, bytes] of sent.entries()) {
        const client = await connect();
        const field = framing === 'length' ? `Content-Length: ${size}` : 'Transfer-Encoding: chunked';
        client.send(`POST /${index} HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n`);
        client.send(bytes);
      }
      await waitUntil('the answers', () => clients.every((one) => one.received() !== ''));
      for (const client of clients) expect(await client.until(/thanks$/)).toContain('200 OK');
      for (const request of backend.requests) {
        const index = Number(request.target.slice(1));
        const bytes = Buffer.from(request.body(), 'latin1');
        // Another request may have followed on the same connection.
        const content = framing === 'length' ? bytes.subarray(0, size) : unchunked(bytes);
        expect(content.equals(pattern(size, index))).toBe(true);
      }
    },
  );

  /**
   * Clients whose answers are over for the engine, but are still in its memory: of sizes around that at which the system
   * takes no more for a client that does not read. The size is measured first.
   */
  async function unreadAnswers(): Promise<{ client: RawClient; reader: SlowReader; size: number }[]> {
    await start(
      ({ target }, connection) => {
        const size = Number(target.slice(1));
        connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        connection.write(pattern(size, 7));
      },
      { timeouts: { requestHeadMs: LONGER_THAN_LINGERING_MS } },
    );
    const ask = async (size: number) => {
      const client = await connect();
      const reader = new SlowReader(client, 0);
      client.send(`GET /${size} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      return { client, reader, size };
    };
    const first = await ask(LARGE);
    await backend.sees(1);
    await stall(() => engine.counted('sentBytes', 'default'));
    const limit = engine.counted('sentBytes', 'default');
    expect(limit).toBeLessThan(LARGE);
    first.client.close();
    const unread = [];
    for (let i = 0; i < 8; i += 1) unread.push(await ask(limit - i * 20_000));
    await stall(() => engine.counted('sentBytes', 'default'));
    return unread;
  }
  function expectWhole({ reader, size }: { reader: SlowReader; size: number }): void {
    expect(bodyOf(reader.bytes()).equals(pattern(size, 7))).toBe(true);
  }

  it('gives a client time to read the end of its last answer', async () => {
    const unread = await unreadAnswers();
    await untilHeadLimit(engine.port);
    for (const { client } of unread) client.socket.resume();
    await waitUntil('the ends', () => unread.every(({ reader }) => reader.ended));
    for (const each of unread) expectWhole(each);
  });

  it('sends the rest of its last answer to a client that has ended its side', async () => {
    const unread = await unreadAnswers();
    for (const { client } of unread) client.socket.end();
    await waitUntil('the ends to be sent', () =>
      unread.every(({ client }) => client.socket.writableFinished),
    );
    for (const { client } of unread) client.socket.resume();
    await waitUntil('the ends', () => unread.every(({ reader }) => reader.ended));
    for (const each of unread) expectWhole(each);
  });

  it('gives a client that ended its side with its request time to read, too', async () => {
    await start(
      (_request, connection) => {
        connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`);
        connection.write(pattern(LARGE, 7));
      },
      { timeouts: { requestHeadMs: LONGER_THAN_LINGERING_MS } },
    );
    const client = await connect();
    const reader = new SlowReader(client, 0);
    client.socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await stall(() => engine.counted('sentBytes', 'default'));
    await untilHeadLimit(engine.port);
    client.socket.resume();
    await waitUntil('the end', () => reader.ended);
    expectWhole({ reader, size: LARGE });
  });
});
