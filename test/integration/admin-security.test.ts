import { execFileSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { adminProblem } from '../../control-plane/admin/admin-settings.js';
import { AdminError, readAdminToken } from '../../control-plane/config/admin-token.js';
import { startAdminServer } from '../../control-plane/admin/admin-server.js';
import { adminOptions, testAdmin, type TestAdmin } from '../support/admin-app.js';
import { testControl } from '../support/control-port.js';
import { exchangeRaw } from '../support/raw-client.js';
import { useTempDirs } from '../support/temp-dir.js';

const tempDir = useTempDirs();
const TOKEN = 'correct-horse-battery-staple';

describe('without a token', () => {
  let admin: TestAdmin;
  beforeAll(async () => {
    admin = await testAdmin();
  });
  afterAll(() => admin.close());
  const status = async (headers: Record<string, string>, url = '/api/v1/status') =>
    (await admin.request({ method: 'GET', url, headers })).statusCode;

  it.each([
    'localhost',
    'localhost:9900',
    'LOCALHOST:9900',
    '127.0.0.1:9900',
    '127.8.9.1',
    '[::1]:9900',
    '[::1]',
  ])('Host %s is answered', async (host) => {
    expect(await status({ host })).toBe(200);
  });

  it.each([
    'evil.example',
    'evil.example:9900',
    '10.0.0.1:9900',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
    '[::2]',
    '0.0.0.0:9900',
  ])('Host "%s" is refused, as a page of another name would send it', async (host) => {
    const response = await admin.request({ method: 'GET', url: '/api/v1/status', headers: { host } });
    expect([response.statusCode, response.json().type]).toEqual([403, 'urn:tidegate:forbidden_host']);
  });

  it.each([
    'http://evil.example',
    'null',
    'https://localhost:9900',
    'http://localhost:8080',
    'http://localhost',
  ])('Origin %s is refused', async (origin) => {
    for (const method of ['GET', 'POST'] as const) {
      const response = await admin.request({ method, url: '/api/v1/config/reload', headers: { origin } });
      expect([response.statusCode, response.json().type]).toEqual([403, 'urn:tidegate:forbidden_origin']);
      expect(response.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('its own Origin is answered', async () => {
    expect(await status({ host: 'localhost:9900', origin: 'http://localhost:9900' })).toBe(200);
  });

  it.each([
    ['a picture in a page of another site', 'cross-site', 'no-cors', 'image'],
    ['a script of another port', 'same-site', 'cors', 'empty'],
    ['a frame', 'cross-site', 'navigate', 'iframe'],
  ])('what %s asks for is refused, also without Origin', async (_name, site, mode, dest) => {
    const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
    for (const url of ['/api/v1/status', '/api/v1/events?follow=true']) {
      const response = await admin.request({ method: 'GET', url, headers });
      expect([response.statusCode, response.json().type]).toEqual([403, 'urn:tidegate:forbidden_origin']);
    }
  });

  it.each(['POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS'] as const)(
    '%s of a page of another site is refused, also when it comes as a navigation',
    async (method) => {
      const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
      for (const site of ['cross-site', 'same-site', 'something-new']) {
        const headers = { ...navigation, 'sec-fetch-site': site };
        const response = await admin.request({ method, url: '/api/v1/config/reload', headers });
        expect([response.statusCode, response.json().type]).toEqual([403, 'urn:tidegate:forbidden_origin']);
      }
    },
  );

  it.each([
    ['a link that a person follows', 'cross-site', 'navigate', 'document'],
    ['an address typed in', 'none', 'navigate', 'document'],
    ['its own page', 'same-origin', 'cors', 'empty'],
  ])('%s is answered', async (_name, site, mode, dest) => {
    const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
    expect(await status(headers)).toBe(200);
  });

  it('even paths that are not there are refused to other hosts', async () => {
    expect(await status({ host: 'evil.example' }, '/nothing')).toBe(403);
    expect(await status({ host: 'evil.example' }, '/metrics')).toBe(403);
  });

  it.each(['/livez', '/readyz'])('%s is open to all', async (url) => {
    expect(await status({ host: 'evil.example', origin: 'http://evil.example' }, url)).toBe(200);
  });

  it.each(['/api/v1/status', '/nothing', '/livez'])(
    '%s says that it must not be cached, sniffed or framed',
    async (url) => {
      const { headers } = await admin.request({ method: 'GET', url });
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
    },
  );
});

describe('with a token', () => {
  let admin: TestAdmin;
  beforeAll(async () => {
    admin = await testAdmin({ token: TOKEN });
  });
  afterAll(() => admin.close());

  it.each([`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `BEARER  ${TOKEN}`])(
    '%s is answered, whatever the Host',
    async (authorization) => {
      const response = await admin.request({
        method: 'GET',
        url: '/api/v1/status',
        headers: { authorization, host: 'gate.example', origin: 'http://x' },
      });
      expect(response.statusCode).toBe(200);
    },
  );

  it.each([
    '',
    'Bearer',
    `Basic ${TOKEN}`,
    TOKEN,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Bearer ${TOKEN} x`,
    'Bearer \u00e9',
  ])('"%s" is refused', async (authorization) => {
    const response = await admin.request({
      method: 'GET',
      url: '/api/v1/status',
      headers: { authorization },
    });
    expect([response.statusCode, response.json().type]).toEqual([401, 'urn:tidegate:unauthorized']);
    expect(response.headers['www-authenticate']).toMatch(/^Bearer/);
  });

  it('is needed by every operation but the probes, whatever there is', async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const description = await admin.request({ method: 'GET', url: '/api/v1/openapi.json', headers });
    const paths: Readonly<Record<string, object>> = description.json().paths;
    const open: string[] = [];
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of [...Object.keys(operations), 'head'] as 'get'[]) {
        const answer = await admin.request({ method, url: path.replace(/\{\w+\}/g, 'web') });
        if (answer.statusCode !== 401) open.push(`${method} ${path}`);
      }
    }
    expect(open.toSorted()).toEqual(['get /livez', 'get /readyz', 'head /livez', 'head /readyz']);
  });

  it.each(['/', '/metrics', '/api/v1/openapi.json', '/api/v1/events?follow=true', '/nothing'])(
    '%s needs it',
    async (url) => {
      expect((await admin.request({ method: 'GET', url })).statusCode).toBe(401);
    },
  );

  it('is asked for before a body is read', async () => {
    const response = await admin.request({
      method: 'PATCH',
      url: '/api/v1/pools/web',
      headers: { 'content-type': 'application/json' },
      payload: '{',
    });
    expect(response.statusCode).toBe(401);
  });

  it.each(['/livez', '/readyz'])('%s does not need it', async (url) => {
    expect((await admin.request({ method: 'GET', url })).statusCode).toBe(200);
  });

  it('is in the description of the API', async () => {
    const response = await admin.request({
      method: 'GET',
      url: '/api/v1/openapi.json',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(response.json()).toMatchObject({
      security: [{ token: [] }],
      paths: { '/livez': { get: { security: [] } } },
    });
  });
});

describe('the settings of the listener', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s needs no token', (host) => {
    expect(adminProblem(host, null)).toBeNull();
  });

  it.each(['0.0.0.0', '::', '10.1.2.3', 'gate.example', '::ffff:127.0.0.1'])('%s needs one', async (host) => {
    expect(adminProblem(host, null)).toContain('admin.token_file');
    expect(adminProblem(host, TOKEN)).toBeNull();
    const control = await testControl();
    await expect(startAdminServer(adminOptions(control, { host }))).rejects.toThrow(AdminError);
  });

  it('that cannot be bound are told in one sentence', async () => {
    const control = await testControl();
    const first = await startAdminServer(adminOptions(control));
    const { port } = first.address;
    const failed = startAdminServer(adminOptions(control, { port }));
    await expect(failed).rejects.toThrow(AdminError);
    await expect(failed).rejects.toThrow(`127.0.0.1:${port}`);
    await expect(
      startAdminServer(adminOptions(control, { host: '192.0.2.1', token: TOKEN })),
    ).rejects.toThrow(/not an address of this machine/);
    await first.close();
  });
});

describe('the token file', () => {
  async function file(content: string, mode = 0o600): Promise<string> {
    const path = join(tempDir(), 'token');
    await writeFile(path, content);
    await chmod(path, mode);
    return path;
  }

  it('is read without the line break at its end', async () => {
    expect(await readAdminToken(await file(`${TOKEN}\n`))).toEqual({ token: TOKEN, warning: null });
  });

  it('is warned of when everybody can read it', async () => {
    expect((await readAdminToken(await file(TOKEN, 0o644))).warning).toContain('chmod 600');
  });

  it.each([
    ['is empty', ''],
    ['holds too short a token', 'x'.repeat(15)],
    ['holds too long a token', 'x'.repeat(1_025)],
    ['is large', 'x'.repeat(100_000)],
    ['has several lines', 'x'.repeat(20) + '\n' + 'x'.repeat(20)],
    ['has spaces', 'correct horse battery staple'],
    ['has other characters', 'correct-horse-b\u00e4ttery-staple'],
  ])('is refused when it %s', async (_name, content) => {
    await expect(readAdminToken(await file(content))).rejects.toThrow(AdminError);
  });

  it('is refused as a pipe, which would be waited for, or as a device, which never ends', async () => {
    const pipe = join(tempDir(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, '/dev/zero']) {
      await expect(readAdminToken(path)).rejects.toThrow('expected a regular file');
    }
  });

  it('is refused when it is not there', async () => {
    await expect(readAdminToken(join(tempDir(), 'none'))).rejects.toThrow(AdminError);
  });
});

describe('what is not HTTP', () => {
  async function exchange(text: string): Promise<string> {
    const control = await testControl();
    const server = await startAdminServer(adminOptions(control));
    const result = await exchangeRaw(server.address.port, text);
    await server.close();
    return result;
  }

  it.each([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    [
      'a head that is too large',
      `GET / HTTP/1.1\r\nHost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
      400,
    ],
  ])('%s is answered with a problem', async (_name, text, status) => {
    const answer = await exchange(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const document = JSON.parse(answer.split('\r\n\r\n')[1]!);
    expect(document).toMatchObject({ status, type: expect.stringMatching(/^urn:tidegate:/) });
  });
});
