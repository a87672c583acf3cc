import { CONNECTION_LIMITS, type ConnectionLimits } from '../../control-plane/admin/admin-connections.js';
import { startAdminServer, type AdminServer } from '../../control-plane/admin/admin-server.js';
import type { AdminConnectionEnd } from '../../shared/metric-labels.js';
import { adminOptions, silentLogger } from '../support/admin-app.js';
import { testControl, type TestControl } from '../support/control-port.js';
import { exchangeRaw, connectRaw, type RawClient } from '../support/raw-client.js';
import { waitUntil } from '../support/wait-until.js';

const PATHS = ['/livez', '/readyz', '/metrics', '/api/v1/status'];
const GET = 'GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n';

let control: TestControl;
let server: AdminServer;
const clients: RawClient[] = [];
const ends: AdminConnectionEnd[] = [];
const warnings: string[] = [];

async function start(limits: Partial<ConnectionLimits> = {}): Promise<void> {
  control = await testControl();
  const logger = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) };
  server = await startAdminServer(
    adminOptions(control, {
      logger,
      connections: { ...CONNECTION_LIMITS, ...limits },
      connectionEnded: (why) => void ends.push(why),
    }),
  );
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  ends.length = 0;
  warnings.length = 0;
  await server.close();
});

async function open(text = ''): Promise<RawClient> {
  const client = await connectRaw(server.address.port);
  clients.push(client);
  if (text !== '') client.send(text);
  return client;
}

async function get(path: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${server.address.port}${path}`);
  await response.arrayBuffer();
  return response.status;
}

const KINDS = [
  ['idle', ''],
  ['with half a head', 'GET /livez HTTP/1.1\r\nhost: loc'],
  [
    'without the body they promise',
    'POST /api/v1/config/validate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/yaml\r\ncontent-length: 9\r\n\r\n',
  ],
  ['kept after an answer', GET],
] as const;

describe('while more connections than the limit are held open', () => {
  it.each(KINDS)('%s: probes, metrics and the API are answered all the same', async (_kind, text) => {
    await start({ headMs: 60_000, requestMs: 60_000, stallMs: 60_000, keepAliveMs: 60_000 });
    await Promise.all(Array.from({ length: CONNECTION_LIMITS.count + 20 }, () => open(text)));
    for (const path of PATHS) expect([path, await get(path)]).toEqual([path, 200]);
    expect(ends.length).toBeGreaterThan(20);
    expect(new Set(ends)).toEqual(new Set(['gave_way']));
    expect(warnings).toHaveLength(1);
  });

  it('a connection whose request is being worked on does not give way, and one too many is refused', async () => {
    await start({ count: 2 });
    const gate = Promise.withResolvers<void>();
    const body = '{"weight":7}';
    const patch = `PATCH /api/v1/pools/web/backends/b HTTP/1.1\r\nhost: localhost\r\nif-match: *\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    let waiting = 0;
    control.answers.beforeSubmit = () => {
      waiting += 1;
      return gate.promise;
    };
    const writers = [await open(patch), await open(patch)];
    await waitUntil('both to be worked on', () => waiting === 2);
    const third = await open(GET);
    await third.closed();
    expect(ends).toEqual(['refused']);
    gate.resolve();
    for (const writer of writers) await writer.until('HTTP/1.1 200');
  });

  it('a stream of events does not give way', async () => {
    await start({ count: 3 });
    const stream = await open('GET /api/v1/events?follow=true HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await stream.until('retry:');
    for (let i = 0; i < 6; i++) await open();
    expect(await get('/livez')).toBe(200);
    expect(stream.socket.readyState).toBe('open');
    expect(control.followers()).toBe(2);
  });

  it('clients that do not take their answers give way', async () => {
    await start({ count: 3, stallMs: 60_000, answerMs: 60_000 });
    // More than the system keeps for a connection on its way.
    const many = 'GET /api/v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(400);
    for (let i = 0; i < 3; i++) {
      const reader = await open();
      reader.socket.pause();
      reader.send(many);
      await waitUntil('the first of its answers', () => reader.socket.bytesRead > 0);
    }
    expect(await get('/livez')).toBe(200);
    expect(ends).toContain('gave_way');
  });
});

describe('limits of time', () => {
  const QUICK = { headMs: 100, requestMs: 200, checkMs: 20 };

  it.each(KINDS.slice(0, 3))(
    '%s: told 408 and ended, though the client keeps its side open',
    async (_kind, text) => {
      await start(QUICK);
      const client = await open(text);
      await client.until('HTTP/1.1 408');
      await client.closed();
      await waitUntil('its end to be counted', () => ends.includes('late'));
      expect(warnings).toEqual([]);
    },
  );

  it('a client that does not take its answer is cut', async () => {
    await start({ ...QUICK, answerMs: 200, stallMs: 200 });
    const client = await open();
    client.socket.pause();
    client.send('GET /api/v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(400));
    await waitUntil('its end to be counted', () => ends.includes('late'));
    client.socket.resume();
    await client.closed();
  });

  it('a request that takes long to be answered is not cut, as nothing moves meanwhile', async () => {
    await start({ stallMs: 100, headMs: 60_000, answerMs: 60_000 });
    const gate = Promise.withResolvers<void>();
    let waiting = 0;
    control.answers.beforeSubmit = () => {
      waiting += 1;
      return gate.promise;
    };
    const body = '{"weight":7}';
    const writer = await open(
      `PATCH /api/v1/pools/web/backends/b HTTP/1.1\r\nhost: localhost\r\nif-match: *\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await waitUntil('it to be worked on', () => waiting === 1);
    // Ended by the same limit, and later.
    const idle = await open();
    await idle.closed();
    gate.resolve();
    await writer.until('HTTP/1.1 200');
    expect(ends).toEqual([]);
  });

  it('what a quick client sends and takes is not touched', async () => {
    await start({ ...QUICK, keepAliveMs: 60_000 });
    const client = await open(GET);
    await client.until('ok\n');
    client.send(GET);
    await client.until(/ok\n[^]*ok\n/);
    expect(ends).toEqual([]);
  });
});

it('a stop waits for nobody who has not finished asking', async () => {
  await start({ headMs: 60_000, requestMs: 60_000 });
  const waiting = [];
  for (const [, text] of KINDS) waiting.push(await open(text));
  await waiting[3]!.until('ok\n');
  await server.close();
  for (const client of waiting) await client.closed();
  await start();
  expect(
    await exchangeRaw(
      server.address.port,
      'GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
    ),
  ).toContain('200 OK');
});
