/** Health checks over TLS: the backend's certificate is verified, and a body that is cut fails as without TLS. */
import type { Socket } from 'node:net';
import * as tls from 'node:tls';
import { httpCheck } from '../../control-plane/health-checks/http-check.js';
import type { HealthCheckSettings } from '../../shared/settings.js';
import { answer, startBackend, type BackendServer } from '../support/backend-server.js';
import { healthCheck } from '../support/domain.js';
import { testCertificate } from '../support/test-certificate.js';

const CERTIFICATE = testCertificate();
const DEFAULT_AUTHORITIES = tls.getCACertificates('default');
const SETTINGS = healthCheck({ timeoutMs: 2_000 });

let end: (socket: Socket) => void = () => undefined;
/** Names that were asked for. */
const names: string[] = [];
let backend: BackendServer;

beforeAll(async () => {
  backend = await startBackend((_request, { socket }) => end(socket), {
    tls: {
      cert: CERTIFICATE.certPem,
      key: CERTIFICATE.keyPem,
      SNICallback: (name, done) => {
        names.push(name);
        done(null);
      },
    },
  });
});
beforeEach(() => tls.setDefaultCACertificates([...DEFAULT_AUTHORITIES, CERTIFICATE.certPem]));
afterAll(async () => {
  tls.setDefaultCACertificates(DEFAULT_AUTHORITIES);
  await backend.close();
});

function check(host = 'localhost', over: Partial<HealthCheckSettings> = {}) {
  const { port } = backend;
  const settings = { ...SETTINGS, ...over };
  return httpCheck({ protocol: 'https', host, port }, settings, 0, new AbortController().signal);
}

describe('a health check over TLS', () => {
  it('passes with a certificate that is trusted, asked for by name', async () => {
    end = (socket) => socket.end(answer('fine'));
    names.length = 0;
    expect(await check()).toMatchObject({ passed: true, status: 200 });
    expect(names).toEqual(['localhost']);
  });

  it('fails with one that is not', async () => {
    tls.setDefaultCACertificates(DEFAULT_AUTHORITIES);
    const result = await check();
    expect(result).toMatchObject({ passed: false });
    expect(result?.error).toMatch(/SELF_SIGNED|self-signed/);
  });

  it('asks for the host of the settings, which the certificate has to name', async () => {
    end = (socket) => socket.end(answer('fine'));
    names.length = 0;
    expect(await check('127.0.0.1', { host: 'localhost' })).toMatchObject({ passed: true, status: 200 });
    const other = await check('localhost', { host: 'www.example' });
    expect(other).toMatchObject({ passed: false });
    expect(other?.error).toMatch(/ALTNAME|does not match/);
    expect(names).toEqual(['localhost', 'www.example']);
  });

  it('verifies the host of the settings where it is an address, which is no server name', async () => {
    end = (socket) => socket.end(answer('fine'));
    names.length = 0;
    expect((await check('localhost', { host: '192.0.2.1' }))?.error).toMatch(/ALTNAME|not in the cert/);
    expect((await check('localhost', { host: '[2001:db8::1]' }))?.error).toMatch(/ALTNAME|not in the cert/);
    expect(names).toEqual([]);
  });

  it('fails when the body is cut', async () => {
    end = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () => socket.destroy());
    };
    expect(await check()).toMatchObject({
      passed: false,
      status: 200,
      error: 'connection closed within the response',
    });
  });
});
