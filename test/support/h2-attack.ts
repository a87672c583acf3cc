/**
 * A worker's engine that is attacked over HTTP/2, frame by frame, while a well-behaved client uses it. What is asked for in all
 * cases is asked after each: that client is served, memory stays, and nothing is left of the attackers.
 */
import type { Forwarder } from '../../data-plane/forwarder.js';
import { type BackendScript, type BackendServer, answer, startBackend } from './backend-server.js';
import { startNative, type EngineUnderTest } from './engine-under-test.js';
import { type H2Client, connectH2 } from './h2-client.js';
import { FrameClient } from './h2-frames.js';
import { type ForwardingChanges, backendAt, poolOf, snapshotOf } from './snapshot-of.js';
import { testCertificate } from './test-certificate.js';
import { waitUntil } from './wait-until.js';

/** What an attack on one connection may cost in memory, bytes. The attacker lives in the same process. */
const RSS_ALLOWANCE = 150 * 1024 * 1024;

export interface Attacked {
  readonly backend: BackendServer;
  readonly engine: EngineUnderTest;
  readonly forwarder: Forwarder;
  start(script?: BackendScript, forwarding?: ForwardingChanges): Promise<void>;
  /** A client after the exchange of settings, with these of its own. */
  attacker(...entries: readonly (readonly [number, number])[]): Promise<FrameClient>;
  /** A client after the TLS handshake. */
  stranger(): Promise<FrameClient>;
  /** Heads of requests that came from attackers. */
  attacks(): readonly string[];
  /** The well-behaved client comes back: it was idle for too long. */
  renewBystander(): Promise<void>;
  /** Waits until no connection to the backend is left. */
  backendLetGo(): Promise<void>;
}

/** To be called within `describe`. */
export function useAttacked(): Attacked {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  let bystander: H2Client;
  let rssBefore: number;
  const clients: FrameClient[] = [];
  const kept = (client: FrameClient): FrameClient => {
    clients.push(client);
    return client;
  };

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

  return {
    get backend() {
      return backend;
    },
    get engine() {
      return engine;
    },
    get forwarder() {
      return engine.forwarder;
    },
    start: async (script = () => answer('ok'), forwarding = {}) => {
      backend = await startBackend((request, connection) =>
        request.target === '/bystander' ? answer('ok') : script(request, connection),
      );
      engine = await startNative(snapshotOf([poolOf([backendAt('a', backend.port)])], forwarding), {
        certificate: testCertificate(),
      });
      bystander = await connectH2(engine.port);
      rssBefore = process.memoryUsage.rss();
    },
    attacker: async (...entries) => kept(await FrameClient.open(engine.port, ...entries)),
    stranger: async () => kept(await FrameClient.connect(engine.port)),
    attacks: () => backend.requests.filter(({ target }) => target !== '/bystander').map(({ head }) => head),
    renewBystander: async () => {
      bystander = await connectH2(engine.port);
    },
    backendLetGo: async () => {
      await waitUntil('the backend to be let go', () =>
        backend.connections.every(({ socket }) => socket.destroyed || socket.readableEnded),
      );
    },
  };
}
