/**
 * Where RFC 9113 asks for an error and node:http2 (nghttp2) does otherwise, found with h2spec: what happens instead must do no harm. A
 * frame is ignored, which changes nothing for the connection or the backend, or the whole connection is ended. Everything else
 * that h2spec asks for holds. (`data-plane/README.md` has the list.)
 */
import { answer } from '../support/backend-server.js';
import { useAttacked } from '../support/h2-attack.js';
import {
  FLAG,
  FRAME,
  type FrameClient,
  data,
  frame,
  headers,
  request,
  reset,
  uint32,
  windowUpdate,
} from '../support/h2-frames.js';
import { waitUntil } from '../support/wait-until.js';

const POST = { ':method': 'POST' };

describe('an HTTP/2 client that breaks rules which node does not hold it to', () => {
  const world = useAttacked();

  /** Opens a stream and waits for the end of its answer. */
  async function exchange(client: FrameClient, stream: number): Promise<void> {
    client.send(headers(stream, request({ ':path': `/first/${stream}` })));
    await client.sees(
      'the end of the answer',
      (each) => each.stream === stream && (each.flags & FLAG.endStream) !== 0,
    );
  }

  it.each<[string, (client: FrameClient) => Promise<void> | void]>([
    [
      'DATA after its RST_STREAM (5.1)',
      (client) => client.send(headers(1, request(POST), FLAG.endHeaders), reset(1), data(1, 'dead', true)),
    ],
    [
      'HEADERS after its RST_STREAM (5.1)',
      (client) =>
        client.send(
          headers(1, request(POST), FLAG.endHeaders),
          reset(1),
          headers(1, request({ ':path': '/dead' })),
        ),
    ],
    [
      'DATA on a stream that is over (5.1)',
      async (client) => {
        await exchange(client, 1);
        client.send(data(1, 'dead', true));
      },
    ],
    [
      'HEADERS on a stream that is over (5.1)',
      async (client) => {
        await exchange(client, 1);
        client.send(headers(1, request({ ':path': '/dead' })));
      },
    ],
    [
      'HEADERS on a stream below the last one (5.1.1)',
      async (client) => {
        await exchange(client, 5);
        client.send(headers(3, request({ ':path': '/dead' })));
      },
    ],
    [
      'PRIORITY that depends on itself (5.3.1 of RFC 7540)',
      (client) => client.send(frame(FRAME.priority, 0, 1, Buffer.concat([uint32(1), Buffer.from([255])]))),
    ],
    [
      'PRIORITY on stream 0 (6.3)',
      (client) => client.send(frame(FRAME.priority, 0, 0, Buffer.concat([uint32(1), Buffer.from([255])]))),
    ],
  ])('sends %s: ignored', async (_name, misbehave) => {
    await world.start();
    const client = await world.attacker();
    await misbehave(client);
    client.send(headers(7, request({ ':path': '/next' })));
    await client.answered(7);
    expect(client.frames.filter(({ type, stream }) => type === FRAME.headers && stream === 3)).toEqual([]);
    const seen = world.attacks().join('\n');
    expect(seen).toContain('/next');
    expect(seen).not.toContain('dead');
  });

  it.each([
    ['PING that answers none of ours (6.7)', () => frame(FRAME.ping, FLAG.ack, 0, Buffer.alloc(8))],
    [
      'WINDOW_UPDATE that makes the window of a stream too large (6.9.1)',
      () => Buffer.concat([windowUpdate(1, 0x7fffffff), windowUpdate(1, 0x7fffffff)]),
    ],
  ])('sends %s: the connection is closed', async (_name, wrong) => {
    let began = false;
    await world.start(() => {
      began = true;
      return undefined;
    });
    const client = await world.attacker();
    client.send(headers(1, request()));
    await waitUntil('the request', () => began);
    client.send(wrong());
    await client.goneWith();
    await world.backendLetGo();
  });

  it('serves what is right beside it', async () => {
    await world.start(() => answer('hello'));
    const client = await world.attacker();
    await exchange(client, 1);
    await exchange(client, 3);
    expect(world.attacks()).toHaveLength(2);
  });
});
