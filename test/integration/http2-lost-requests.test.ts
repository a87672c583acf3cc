/** Requests that a client resets before their turn has come. What they cost is counted, not timed. */
import * as tls from 'node:tls';
import { Http2Connection } from '../../data-plane/http2/http2-connection.js';
import { REQUESTS_PER_TURN, type Cost } from '../../data-plane/http2/turn-pace.js';
import { FrameClient, headers, request, reset } from '../support/h2-frames.js';
import { type Listening, listen } from '../support/listen.js';
import { snapshotOf } from '../support/snapshot-of.js';
import { testCertificate } from '../support/test-certificate.js';
import { waitUntil } from '../support/wait-until.js';

const REQUESTS = 100;

describe('requests over HTTP/2 that are reset before their turn', () => {
  const works: { readonly run: () => void; readonly cost: Cost }[] = [];
  const arrived: string[] = [];
  const bugs: unknown[] = [];
  let server: Listening;
  let client: FrameClient;

  beforeEach(async () => {
    const { certPem: cert, keyPem: key } = testCertificate();
    const accepting = tls.createServer({ cert, key, ALPNProtocols: ['h2'] }, (socket) => {
      new Http2Connection(socket, {
        limits: snapshotOf([]).forwarding.limits,
        idleMs: 60_000,
        answerIdleMs: 60_000,
        silenceMs: () => 60_000,
        monotonic: () => performance.now(),
        onRequest: ({ request: { url } }) => arrived.push(url ?? ''),
        later: (run, cost = 1) => works.push({ run, cost }),
        onClosed: () => undefined,
        onMisconduct: () => undefined,
        bug: (error) => bugs.push(error),
      });
    });
    server = await listen(accepting);
    client = await FrameClient.open(server.port);
  });

  afterEach(async () => {
    client.close();
    await server.close();
  });

  it('fill no turn, so that others do not wait for them', async () => {
    const streams = Array.from({ length: REQUESTS }, (_, i) => 2 * i + 1);
    client.send(...streams.map((stream) => headers(stream, request())));
    await waitUntil('all of them', () => works.length === REQUESTS);
    client.send(...streams.map((stream) => reset(stream)));
    const costOf = ({ cost }: { readonly cost: Cost }): number => (typeof cost === 'number' ? cost : cost());
    const all = (): number => works.reduce((sum, work) => sum + costOf(work), 0);
    expect(all()).toBeLessThanOrEqual(REQUESTS);
    await waitUntil('all to be lost', () => all() < REQUESTS_PER_TURN);
    expect(works).toHaveLength(REQUESTS);
    for (const { run } of works) run();
    expect(arrived).toEqual([]);
    expect(bugs).toEqual([]);
  });
});
