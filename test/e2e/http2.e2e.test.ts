import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppServer } from '../support/app-server.js';
import { connectH2 } from '../support/h2-client.js';
import { connectTls } from '../support/raw-client.js';
import { Tidegate } from '../support/tidegate-process.js';

const CERTIFICATES = join(process.cwd(), 'test/support/certificates');

describe('HTTP/2 over TLS', () => {
  let app: AppServer;
  let tidegate: Tidegate;
  const start = async (listen: string): Promise<void> => {
    app = await AppServer.start('backend1');
    tidegate = Tidegate.prepare(`
listen: { host: 127.0.0.1, port: 0, tls: { cert_file: cert.pem, key_file: key.pem }${listen} }
backends: [{ id: backend1, url: "http://localhost:${app.port}" }]
sticky_session: { type: cookie, cookie_name: sid }
metrics: { prometheus: { enabled: true } }
workers: 2
admin: { port: 0 }
`);
    copyFileSync(join(CERTIFICATES, 'server-key.pem'), join(tidegate.dir, 'key.pem'));
    copyFileSync(join(CERTIFICATES, 'server.pem'), join(tidegate.dir, 'cert.pem'));
    await tidegate.run();
    await tidegate.untilConverged();
  };
  const negotiated = async (): Promise<string | false | null> => {
    const { socket } = await connectTls(tidegate.port, { ALPNProtocols: ['h2', 'http/1.1'] });
    // Gently: a connection that is cut within its handshake is kept for ten seconds, and a worker does not end before.
    socket.end();
    return socket.alpnProtocol;
  };
  afterEach(async () => {
    await tidegate.dispose();
    await app.kill();
  });

  it('is what clients get that ask for it, with the same rules as HTTP/1.1', async () => {
    await start('');
    expect(await negotiated()).toBe('h2');
    const client = await connectH2(tidegate.port);
    const got = client.request({ ':path': '/a?b=c', cookie: ['x=1', 'y=2'] });
    expect(await got.whole()).toBe('backend1');
    expect(got.fields()['set-cookie']?.[0]).toMatch(/^__Host-sid=v1\..*; Secure/);
    expect(app.served.find(({ url }) => url === '/a?b=c')).toMatchObject({
      headers: { host: 'a.test', cookie: 'x=1; y=2', 'x-forwarded-proto': 'https' },
    });
    const metrics = client.request({ ':path': '/metrics' });
    expect(await metrics.whole()).toContain('tidegate_requests_total{');
    client.close();
  });

  it('is switched off by `listen.h2: false`', async () => {
    await start(', h2: false');
    expect(await negotiated()).toBe('http/1.1');
  });
});
