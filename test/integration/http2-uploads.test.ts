/** Bodies over HTTP/2: how much of them may be on its way, and what they may hold where no backend takes them. */
import { answer } from '../support/backend-server.js';
import { useAttacked } from '../support/h2-attack.js';
import {
  FLAG,
  FRAME,
  SETTING,
  data,
  frame,
  headers,
  request,
  type FrameClient,
} from '../support/h2-frames.js';
import { connectH2 } from '../support/h2-client.js';
import { waitUntil } from '../support/wait-until.js';

const SMALL = 65_536;
const WIDE = 1_048_576;
const POST = { ':method': 'POST' };
const PIECE = 'b'.repeat(16_384);

/** Windows of streams, in the order in which we were told of them. */
function windows({ frames }: FrameClient): number[] {
  return frames.flatMap(({ type, payload }) => {
    const told: number[] = [];
    if (type !== FRAME.settings) return told;
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      if (payload.readUInt16BE(at) === SETTING.initialWindowSize) told.push(payload.readUInt32BE(at + 2));
    }
    return told;
  });
}

describe('an HTTP/2 client that uploads', () => {
  const world = useAttacked();
  const uploading = (client: FrameClient, stream: number): void => {
    client.send(headers(stream, request({ ...POST, ':path': `/${stream}` }), FLAG.endHeaders));
  };
  const fill = (client: FrameClient, stream: number): void => {
    for (let sent = 0; sent < SMALL; sent += PIECE.length) client.send(data(stream, PIECE));
  };

  it('may send a large window at once when a small one was taken, and small ones while many are sent', async () => {
    await world.start((_request, connection) => {
      connection.socket.resume();
    });
    const client = await world.attacker();
    // 65,535 bytes are the connection's before we say more.
    await client.sees('more room', ({ type, stream }) => type === FRAME.windowUpdate && stream === 0);
    uploading(client, 1);
    fill(client, 1);
    await waitUntil('a wide window', () => windows(client).at(-1) === WIDE);
    client.send(frame(FRAME.settings, FLAG.ack, 0));
    for (const stream of [3, 5, 7]) uploading(client, stream);
    expect(windows(client)).toEqual([SMALL, WIDE]);
    uploading(client, 9);
    await waitUntil('small windows', () => windows(client).at(-1) === SMALL);
  });

  it('is told of one change after the other, however often they are wanted before it has heard of them', async () => {
    await world.start((_request, connection) => {
      connection.socket.resume();
    });
    const client = await world.attacker();
    await client.sees('more room', ({ type, stream }) => type === FRAME.windowUpdate && stream === 0);
    let next = 1;
    const begin = (): number => {
      uploading(client, next);
      next += 2;
      return next - 2;
    };
    // Node gives up a connection on which ten changes wait for the client's word.
    for (let round = 0; round < 12; round += 1) {
      const first = begin();
      fill(client, first);
      await waitUntil('the body', () => (world.backend.requests.at(-1)?.body().length ?? 0) >= SMALL);
      for (const stream of [first, ...Array.from({ length: 5 }, begin)]) client.send(data(stream, '', true));
      await world.backend.sees(6 * (round + 1));
    }
    expect(client.isClosed).toBe(false);
    expect(windows(client)).toEqual([SMALL, WIDE]);
    client.send(frame(FRAME.settings, FLAG.ack, 0));
    await waitUntil('what it is by now', () => windows(client).length === 3);
    expect(windows(client).at(-1)).toBe(SMALL);
  });

  it('is given back at once what its backend has taken', async () => {
    await world.start((_request, connection) => {
      connection.socket.resume();
    });
    const client = await world.attacker();
    uploading(client, 1);
    client.send(data(1, PIECE), data(1, PIECE), data(1, PIECE));
    const given = (): number =>
      client.frames
        .filter(({ type, stream }) => type === FRAME.windowUpdate && stream === 1)
        .reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0);
    // Half a window is enough for nghttp2 to say so.
    await waitUntil('room for more', () => given() >= SMALL / 2);
  });

  it('gets its answer after ten megabytes', async () => {
    await world.start((received, connection) => {
      void waitUntil('the body', () => received.body().length >= 10 * WIDE, 20_000).then(() =>
        connection.write(answer('got it')),
      );
    });
    const client = await connectH2(world.engine.port);
    const body = 'x'.repeat(10 * WIDE);
    const got = client.request({ ...POST, 'content-length': String(body.length) }, body);
    expect(await got.whole()).toBe('got it');
    client.close();
  });
});
