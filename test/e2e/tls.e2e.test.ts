import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppServer } from '../support/app-server.js';
import { type Answer, httpGet } from '../support/http-get.js';
import { connectTls } from '../support/raw-client.js';
import { backendList, base } from '../support/scenario.js';
import { type LogLine, Tidegate, tidegate as command } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

const CERTIFICATES = join(process.cwd(), 'test/support/certificates');

/** The YAML of the design, as users know it, with other ports and certificate paths. */
const FAMILIAR = (first: AppServer, second: AppServer): string => `
listen: { host: 127.0.0.1, port: 0, tls: { enabled: true, cert_file: cert.pem, key_file: key.pem } }
algorithm: round-robin
backends:
  - { id: backend1, url: "http://localhost:${first.port}", weight: 1 }
  - { id: backend2, url: "http://localhost:${second.port}", weight: 2 }
health_check: { interval: 30s, timeout: 5s, path: /health, failure_threshold: 3 }
circuit_breaker: { failure_threshold: 5, reset_timeout: 30s, half_open_limit: 3 }
sticky_session: { enabled: true, type: cookie, cookie_name: session_id, timeout: 1h }
metrics: { prometheus: { enabled: true, path: /metrics } }
admin: { port: 0 }
`;

describe('a certificate that has expired', () => {
  let tidegate: Tidegate;
  let app: AppServer;
  const use = (cert: string, key: string): void => {
    // The key first: certificate and key are read anew when either changes.
    copyFileSync(join(CERTIFICATES, key), join(tidegate.dir, 'key.pem'));
    copyFileSync(join(CERTIFICATES, cert), join(tidegate.dir, 'cert.pem'));
  };
  const complaints = (): readonly LogLine[] =>
    tidegate.lines.filter((line) => line.msg === 'clients will refuse the certificate in use');

  beforeAll(async () => {
    app = await AppServer.start('app1');
    tidegate = Tidegate.prepare(
      `${base(1).replace('port: 0', 'port: 0, tls: { cert_file: cert.pem, key_file: key.pem }')}${backendList([app])}`,
    );
    use('expired.pem', 'server-key.pem');
    await tidegate.run();
  });
  afterAll(async () => {
    await tidegate.dispose();
    await app.kill();
  });

  it('serves all the same, and is complained of when Tidegate starts and by validate', async () => {
    const url = `https://127.0.0.1:${tidegate.port}/`;
    expect((await httpGet(url, { rejectUnauthorized: false })).body).toBe('app1');
    expect(complaints()).toMatchObject([
      { level: 50, problem: expect.stringMatching(/expired on 2020-01-01/) },
    ]);
    // Said once, in the log.
    expect(tidegate.stderr).toBe('');
    expect((await tidegate.metrics()).get('tidegate_certificate_not_after_timestamp_seconds')).toBe(
      Date.UTC(2020, 0, 1) / 1_000,
    );
    const validated = await command(['validate', tidegate.configFile]);
    expect(validated).toMatchObject({ code: 0, stderr: expect.stringMatching(/^warning: .* expired/) });
  });

  it('gives way to a good one, which does not give way to it', async () => {
    use('server.pem', 'server-key.pem');
    await waitUntil(
      'the good one',
      async () => (await tidegate.events('&type=CertificateLoaded')).length === 2,
    );
    use('expired.pem', 'server-key.pem');
    const [rejected] = await waitUntil('the expired one to be refused', async () => {
      const events = await tidegate.events('&type=CertificateRejected');
      return events.length > 0 ? events : false;
    });
    expect(rejected).toMatchObject({
      data: { problem: expect.stringMatching(/expired on 2020.* in use is valid/) },
    });
    expect(complaints()).toHaveLength(1);
  });

  it('is not replaced by a reload, which tells that the next start would not take another', async () => {
    const yaml = readFileSync(tidegate.configFile, 'utf8');
    tidegate.write(yaml.replace('cert_file: cert.pem', 'cert_file: none.pem'));
    const [change] = JSON.parse((await tidegate.cli('reload', '--json')).stdout).restart_needed;
    expect(change).toMatch(
      /^listen\.tls\.cert_file: \S+cert\.pem in force, \S+none\.pem in the file, which no start would take: .*no such file/,
    );
    tidegate.write(yaml);
  });
});

describe('the familiar configuration, over TLS', () => {
  let apps: AppServer[];
  let tidegate: Tidegate;
  const useCertificate = (name: string): void => {
    copyFileSync(join(CERTIFICATES, `${name}-key.pem`), join(tidegate.dir, 'key.pem'));
    copyFileSync(join(CERTIFICATES, `${name}.pem`), join(tidegate.dir, 'cert.pem'));
  };
  // The test's certificates are signed by themselves.
  const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
    httpGet(`https://127.0.0.1:${tidegate.port}${path}`, { headers, rejectUnauthorized: false });

  beforeAll(async () => {
    apps = [await AppServer.start('backend1'), await AppServer.start('backend2')];
    tidegate = Tidegate.prepare(FAMILIAR(apps[0]!, apps[1]!));
    useCertificate('server');
    await tidegate.run();
    for (const { id } of apps) await tidegate.untilAvailability(id, 'available');
    await tidegate.untilConverged();
  });
  afterAll(async () => {
    await tidegate.dispose();
    for (const app of apps) await app.kill();
  });

  it('terminates TLS, tells the backend so, and rotates between backends', async () => {
    const bodies = new Set<string>();
    for (let asked = 0; asked < 16; asked += 1) bodies.add((await get('/a?b=c')).body);
    expect([...bodies].sort()).toEqual(['backend1', 'backend2']);
    expect(apps[0]!.served[0]).toMatchObject({
      url: '/a?b=c',
      headers: { 'x-forwarded-proto': 'https', 'x-forwarded-for': '127.0.0.1' },
    });
  });

  it('sets a __Host- cookie that is Secure, and keeps the client on its backend', async () => {
    const first = await get('/');
    const [cookie] = first.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Host-session_id=v1\./);
    expect(cookie).toMatch(/Secure/);
    for (let asked = 0; asked < 8; asked += 1) {
      const again = await get('/', { cookie: cookie!.split(';')[0]! });
      expect(again.body).toBe(first.body);
    }
  });

  it('answers with the metrics of all workers on the main listener, the same as on the admin listener', async () => {
    const main = await get('/metrics');
    expect(main.status).toBe(200);
    expect(main.headers['content-type']).toContain('version=0.0.4');
    const total = (text: string): number =>
      text
        .split('\n')
        .filter((line) => line.startsWith('tidegate_requests_total{'))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    expect(total(main.body)).toBeGreaterThanOrEqual(25);
    const admin = String((await tidegate.api('/metrics')).body);
    expect(total(admin)).toBeGreaterThanOrEqual(total(main.body));
    expect(main.body).toContain('tidegate_backend_up{pool="default",backend="backend2"} 1');
  });

  it('takes a new certificate for new handshakes, and leaves running connections alone', async () => {
    const fingerprint = async (): Promise<string> => {
      const { socket } = await connectTls(tidegate.port);
      socket.end();
      return socket.getPeerCertificate().fingerprint256;
    };
    const before = await fingerprint();
    const kept = await connectTls(tidegate.port);

    useCertificate('other');
    await waitUntil('the new certificate', async () => (await fingerprint()) !== before);
    kept.send('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await kept.until(/^HTTP\/1\.1 200/);
    expect(await kept.closed()).toBe('end');

    const after = await fingerprint();
    copyFileSync(join(CERTIFICATES, 'server-key.pem'), join(tidegate.dir, 'key.pem'));
    await waitUntil(
      'the mismatch to be refused',
      async () => (await tidegate.events('&type=CertificateRejected')).length > 0,
    );
    expect(await fingerprint()).toBe(after);
  });
});
