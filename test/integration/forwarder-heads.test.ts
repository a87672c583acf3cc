/** Heads may be as large as `limits` say, whatever node's own limits are, in both directions. */
import { answer, startBackend, type BackendServer } from '../support/backend-server.js';
import { startNative, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectH2, type H2Client } from '../support/h2-client.js';
import { connectRaw, type RawClient } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { testCertificate } from '../support/test-certificate.js';

const KIB = 1_024;
const LIMITS = { headBytes: 256 * KIB, headerCount: 2_000 };

/** So many fields that together take so many bytes. */
function fields(count: number, bytes: number): string[] {
  return Array.from({ length: count }, (_, i) => `f${i}: ${'x'.repeat(Math.max(1, bytes / count - 10))}`);
}

describe('large heads through the native engine', () => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  const clients: (RawClient | H2Client)[] = [];

  async function start(lines: readonly string[], limits = LIMITS, tls = false): Promise<void> {
    backend = await startBackend(() => answer('ok', ...lines));
    engine = await startNative(
      snapshotOf([poolOf([backendAt('a', backend.port)])], { limits }),
      tls ? { certificate: testCertificate() } : {},
    );
  }
  async function raw(): Promise<RawClient> {
    const client = await connectRaw(engine.port);
    clients.push(client);
    return client;
  }
  async function over2(): Promise<H2Client> {
    const settings = { maxHeaderListSize: 1_024 * KIB };
    const client = await connectH2(engine.port, {
      settings,
      maxHeaderListPairs: 4_000,
      maxSendHeaderBlockLength: 1_024 * KIB,
    });
    clients.push(client);
    return client;
  }
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    expect(engine.complaints).toEqual([]);
    await engine.close();
    await backend.close();
  });

  it.each([
    ['40 KiB in few fields', 4, 40],
    ['120 KiB', 120, 120],
    ['1,500 fields', 1_500, 30],
  ])('has answers of %s, over HTTP/1.1 and HTTP/2', async (_what, count, kib) => {
    const lines = fields(count, kib * KIB);
    await start(lines);
    const client = await raw();
    client.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    const text = await client.until(/\r\n\r\nok$/);
    expect(text).toContain(`\r\n${lines.at(-1) ?? ''}\r\n`);
    await engine.close();
    await backend.close();
    await start(lines, LIMITS, true);
    const got = (await over2()).request();
    expect(await got.whole()).toBe('ok');
    expect(got.fields()[`f${count - 1}`]).toMatch(/^x+$/);
  });

  it.each([
    ['40 KiB in few fields', 4, 40],
    ['200 KiB', 200, 200],
    ['1,500 fields', 1_500, 30],
  ])('has requests of %s', async (_what, count, kib) => {
    const lines = fields(count, kib * KIB);
    await start([]);
    const client = await raw();
    client.send(`GET / HTTP/1.1\r\nHost: a.test\r\n${lines.join('\r\n')}\r\n\r\n`);
    await client.until(/\r\n\r\nok$/);
    expect(backend.requests[0]?.head).toContain(`\r\n${lines.at(-1) ?? ''}\r\n`);
  });

  it('has requests of 100 KiB over HTTP/2', async () => {
    await start([], LIMITS, true);
    const lines = fields(100, 100 * KIB).map((line) => line.split(': '));
    const client = await over2();
    expect(await client.request(Object.fromEntries(lines)).whole()).toBe('ok');
  });

  it('follows a limit that is raised', async () => {
    await start(fields(4, 40 * KIB), { headBytes: 16 * KIB, headerCount: 100 });
    const before = await raw();
    before.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await before.until(/^HTTP\/1\.1 502 /);
    engine.apply({ ...snapshotOf([poolOf([backendAt('a', backend.port)])], { limits: LIMITS }), version: 2 });
    // Compat looks at the settings when a request comes.
    before.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await before.until(/\r\n\r\nok$/);
    const after = await raw();
    after.send(`GET / HTTP/1.1\r\nHost: a.test\r\n${fields(4, 40 * KIB).join('\r\n')}\r\n\r\n`);
    await after.until(/\r\n\r\nok$/);
  });
});
