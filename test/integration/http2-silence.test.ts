/** How long nothing at all may pass on a connection of HTTP/2. The clock is the test's. */
import * as tls from 'node:tls';
import type { Arrival } from '../../data-plane/compat/arrival.js';
import { Http2Connection } from '../../data-plane/http2/http2-connection.js';
import { FRAME, FrameClient, headers, request } from '../support/h2-frames.js';
import { type Listening, listen } from '../support/listen.js';
import { snapshotOf } from '../support/snapshot-of.js';
import { testCertificate } from '../support/test-certificate.js';
import { waitUntil } from '../support/wait-until.js';

describe('a connection of HTTP/2 on which nothing passes', () => {
  const arrivals: Arrival[] = [];
  const bugs: unknown[] = [];
  let now = 0;
  let silenceMs = 60_000;
  let connection: Http2Connection;
  let server: Listening;
  let client: FrameClient;

  beforeEach(async () => {
    const { certPem: cert, keyPem: key } = testCertificate();
    const accepting = tls.createServer({ cert, key, ALPNProtocols: ['h2'] }, (socket) => {
      connection = new Http2Connection(socket, {
        limits: snapshotOf([]).forwarding.limits,
        idleMs: 60_000,
        answerIdleMs: 60_000,
        silenceMs: () => silenceMs,
        monotonic: () => now,
        onRequest: (arrival) => arrivals.push(arrival),
        later: (run) => run(),
        onClosed: () => undefined,
        onMisconduct: () => undefined,
        bug: (error) => bugs.push(error),
      });
    });
    server = await listen(accepting);
    client = await FrameClient.open(server.port);
  });

  afterEach(async () => {
    expect(bugs).toEqual([]);
    client.close();
    await server.close();
  });

  function pass(ms: number): void {
    // What has passed so far counts for now.
    connection.inspect();
    now += ms;
    connection.inspect();
  }

  it('is kept as long as its request was to wait when it came, whatever routes say since', async () => {
    client.send(headers(1, request()));
    const { response } = await waitUntil('the request', () => arrivals[0]);
    silenceMs = 1_000;
    pass(50_000);
    response.writeHead(200, []);
    response.end('late');
    const { payload } = await client.sees('the body', ({ type }) => type === FRAME.data);
    expect(payload.toString()).toBe('late');
    await waitUntil('the end of the answer', () => response.writableFinished);
    // No request of then is left.
    await waitUntil('the cut', () => {
      pass(2_000);
      return client.isClosed;
    });
  });
});
