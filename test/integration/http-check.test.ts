/** Health checks over real sockets: what passes, what fails, and what is said of it. */
import type * as net from 'node:net';
import type { CheckResult } from '../../control-plane/domain/evidence.js';
import { httpCheck } from '../../control-plane/health-checks/http-check.js';
import type { BackendAddress, HealthCheckSettings } from '../../shared/settings.js';
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { freePort } from '../support/free-port.js';
import { healthCheck } from '../support/domain.js';
import { every } from '../support/slow-peer.js';

const SETTINGS = healthCheck({ path: '/health?deep=1', timeoutMs: 300 });

const servers: BackendServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function backend(script: BackendScript): Promise<{ server: BackendServer; address: BackendAddress }> {
  const server = await startBackend(script);
  servers.push(server);
  return { server, address: { protocol: 'http', host: '127.0.0.1', port: server.port } };
}

function status(code: number, ...fields: readonly string[]): string {
  return [`HTTP/1.1 ${code} X`, 'Content-Length: 0', ...fields, '', ''].join('\r\n');
}

/** A check that nobody ends, and that this host is able to make. */
async function check(...args: readonly [BackendAddress, HealthCheckSettings, number]): Promise<CheckResult> {
  const result = await httpCheck(...args, new AbortController().signal);
  if (result === null) throw new Error('nothing was learnt');
  return result;
}

describe('a health check', () => {
  it('passes with the status expected, and tells when and how long', async () => {
    const { server, address } = await backend(() => answer('fine'));
    const result = await check(address, SETTINGS, 1_234);
    expect(result).toMatchObject({ at: 1_234, passed: true, status: 200 });
    expect(result.error).toBeUndefined();
    expect(result.durationMs).toBeGreaterThanOrEqual(0);
    const [request] = server.requests;
    expect(request?.method).toBe('GET');
    expect(request?.target).toBe('/health?deep=1');
    expect(request?.field('user-agent')).toBe('tidegate-health-check');
    expect(request?.field('host')).toBe(`127.0.0.1:${server.port}`);
  });

  it.each([
    [204, true],
    [399, true],
    [404, false],
    [503, false],
  ])('with status %i passes: %s', async (code, passed) => {
    const { address } = await backend(() => status(code));
    expect(await check(address, SETTINGS, 0)).toMatchObject({ passed, status: code });
  });

  it('tells what a name stands for and where it went, and nothing of the kind of an address', async () => {
    const { address } = await backend(() => status(200));
    const lookup: net.LookupFunction = (_name, _options, callback) =>
      setImmediate(() =>
        callback(null, [
          { address: '127.0.0.9', family: 4 },
          { address: '127.0.0.1', family: 4 },
        ]),
      );
    const named = { ...address, host: 'moving.test' };
    const ending = new AbortController();
    expect(await httpCheck(named, SETTINGS, 0, ending.signal, { lookup })).toMatchObject({
      passed: true,
      // Nobody listens at the first.
      address: '127.0.0.1',
      resolved: ['127.0.0.9', '127.0.0.1'],
    });
    expect(await check(address, SETTINGS, 0)).not.toHaveProperty('address');
  });

  it('tells where it would have gone first when there is no connection', async () => {
    const lookup: net.LookupFunction = (_name, _options, callback) =>
      setImmediate(() => callback(null, [{ address: '127.0.0.9', family: 4 }]));
    const named = { protocol: 'http', host: 'moving.test', port: await freePort() } as const;
    expect(await httpCheck(named, SETTINGS, 0, new AbortController().signal, { lookup })).toMatchObject({
      passed: false,
      address: '127.0.0.9',
    });
  });

  it('takes the ranges of the settings, redirects unfollowed', async () => {
    const { server, address } = await backend(() => status(302, 'Location: /elsewhere'));
    const ranges = [
      { from: 204, to: 204 },
      { from: 301, to: 303 },
    ];
    const result = await check(address, { ...SETTINGS, expect: { status: ranges } }, 0);
    expect(result).toMatchObject({ passed: true, status: 302 });
    expect(server.requests).toHaveLength(1);
  });

  it('makes a connection of its own each time', async () => {
    const { server, address } = await backend(() => answer('fine'));
    await check(address, SETTINGS, 0);
    await check(address, SETTINGS, 0);
    expect(server.connections).toHaveLength(2);
  });

  it('fails where nobody listens', async () => {
    const { server, address } = await backend(() => answer('fine'));
    await server.close();
    const result = await check(address, SETTINGS, 0);
    expect(result).toMatchObject({ passed: false, error: 'connection refused' });
    expect(result.status).toBeUndefined();
  });

  it('fails when no answer comes in time', async () => {
    const { address } = await backend(() => undefined);
    const result = await check(address, SETTINGS, 0);
    expect(result).toMatchObject({ passed: false, error: 'timeout after 300 ms' });
  });

  it('fails when the body stalls: the timeout is for the whole check', async () => {
    const { address } = await backend(() => 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    const result = await check(address, SETTINGS, 0);
    expect(result).toMatchObject({
      passed: false,
      status: 200,
      error: 'timeout after 300 ms within the response',
    });
  });

  it.each([
    ['short of its Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
    ['before the last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['within the trailers', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n'],
  ])('fails when the body is cut %s', async (_where, cut) => {
    const { address } = await backend((_request, { socket }) => {
      socket.end(cut);
    });
    expect(await check(address, SETTINGS, 0)).toMatchObject({
      passed: false,
      status: 200,
      error: 'connection closed within the response',
    });
  });

  it('fails when the connection is reset within a body that its end would have ended', async () => {
    const { address } = await backend((_request, { socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nsome');
      setImmediate(() => socket.resetAndDestroy());
    });
    expect(await check(address, SETTINGS, 0)).toMatchObject({ passed: false });
  });

  it('passes when the connection ends a body that has no other end', async () => {
    const { address } = await backend((_request, { socket }) => {
      socket.end('HTTP/1.0 200 OK\r\n\r\nall of it');
    });
    expect(await check(address, SETTINGS, 0)).toMatchObject({ passed: true, status: 200 });
  });

  it('tells a body that goes on for ever, byte by byte, from one that is whole', async () => {
    const { address } = await backend((_request, { socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      socket.on(
        'close',
        every(20, () => socket.write('1\r\nx\r\n')),
      );
    });
    expect(await check(address, SETTINGS, 0)).toMatchObject({
      passed: false,
      error: 'timeout after 300 ms within the response',
    });
  });

  it('passes though this process stood still for longer than the timeout', async () => {
    const { address } = await backend(() => answer('fine'));
    const result = check(address, SETTINGS, 0);
    const until = performance.now() + 1.5 * SETTINGS.timeoutMs;
    while (performance.now() < until);
    expect(await result).toMatchObject({ passed: true, status: 200 });
  });

  it('fails after the timeout all the same where no answer comes', async () => {
    const { address } = await backend(() => undefined);
    const began = performance.now();
    const result = check(address, SETTINGS, 0);
    while (performance.now() < began + 2 * SETTINGS.timeoutMs);
    expect(await result).toMatchObject({ passed: false, error: 'timeout after 300 ms' });
  });

  it('fails when the connection is closed before the answer', async () => {
    const { address } = await backend((_request, { socket }) => {
      socket.destroy();
    });
    expect(await check(address, SETTINGS, 0)).toMatchObject({
      passed: false,
      error: 'connection closed before the response',
    });
  });

  it('fails with what is not HTTP, and keeps what is said of it short', async () => {
    const { address } = await backend(() => 'SSH-2.0-OpenSSH_9.9\r\n');
    const result = await check(address, SETTINGS, 0);
    expect(result.passed).toBe(false);
    expect(result.error?.length).toBeLessThanOrEqual(200);
  });

  it('fails where there is no such host', async () => {
    const address = { protocol: 'http', host: 'nobody.invalid', port: 80 } as const;
    const result = await check(address, { ...SETTINGS, timeoutMs: 3_000 }, 0);
    expect(result).toMatchObject({ passed: false });
    expect(result.error).toMatch(/host not found|timeout/);
  });

  it('asks by method, host, header fields and port of the settings', async () => {
    const { server } = await backend(() => answer('fine'));
    const other = { protocol: 'http', host: '127.0.0.1', port: await freePort() } as const;
    const headers = { 'X-Check': 'a, b', 'User-Agent': 'ours', 'x-latin': 'é' };
    const settings = {
      ...SETTINGS,
      method: 'OPTIONS',
      host: 'www.example',
      headers,
      port: server.port,
    } as const;
    expect(await check(other, settings, 0)).toMatchObject({ passed: true, status: 200 });
    expect(server.requests[0]?.head).toBe(
      'OPTIONS /health?deep=1 HTTP/1.1\r\nhost: www.example\r\naccept: */*\r\nX-Check: a, b\r\n' +
        'User-Agent: ours\r\nx-latin: é\r\nconnection: close\r\n\r\n',
    );
  });

  it('names the port that it asks, where the settings name no host', async () => {
    const { server, address } = await backend(() => answer('fine'));
    await check({ ...address, port: 1 }, { ...SETTINGS, port: server.port }, 0);
    expect(server.requests[0]?.field('host')).toBe(`127.0.0.1:${server.port}`);
  });

  it('waits for no body of an answer to HEAD', async () => {
    const { server, address } = await backend(() => 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n');
    expect(await check(address, { ...SETTINGS, method: 'HEAD' }, 0)).toMatchObject({
      passed: true,
      status: 200,
    });
    expect(server.requests[0]?.method).toBe('HEAD');
  });

  it.each([
    ['ok', 'all ok', {}],
    ['/^(up|ok)$/', 'ok', {}],
    ['ok', 'down', { unmet: 'body lacks "ok"' }],
    ['/^(up|ok)$/', 'down', { unmet: 'body lacks /^(up|ok)$/' }],
  ])('looks for %s in the body %s', async (body, sent, failed) => {
    const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n${sent[0]}\r\n${(
      sent.length - 1
    ).toString(16)}\r\n${sent.slice(1)}\r\n0\r\n\r\n`;
    for (const text of [answer(sent), chunked]) {
      const { address } = await backend(() => text);
      const result = await check(address, { ...SETTINGS, expect: { ...SETTINGS.expect, body } }, 0);
      const { at: _at, durationMs: _ms, ...rest } = result;
      expect(rest).toEqual({ passed: !('unmet' in failed), status: 200, ...failed });
    }
  });

  it('tells which status was expected', async () => {
    const { address } = await backend(() => status(503));
    expect(await check(address, SETTINGS, 0)).toMatchObject({ unmet: 'status 503, expected 200-399' });
  });

  it('does not read a large body to its end', async () => {
    const { server, address } = await backend(
      () => `HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n${'x'.repeat(200_000)}`,
    );
    expect(await check(address, SETTINGS, 0)).toMatchObject({ passed: true, status: 200 });
    expect(server.requests).toHaveLength(1);
  });

  it('learns nothing when it is told to end', async () => {
    const { address } = await backend(() => undefined);
    const ending = new AbortController();
    const result = httpCheck(address, SETTINGS, 0, ending.signal);
    ending.abort();
    expect(await result).toBeNull();
  });
});
