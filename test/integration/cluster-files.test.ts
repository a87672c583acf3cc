import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readClusterFiles } from '../../control-plane/config/cluster-files.js';
import { loadForStart } from '../../control-plane/config/file-checks.js';
import { formatProblem } from '../../control-plane/config/format-problem.js';
import { useTempDirs } from '../support/temp-dir.js';

const CERTIFICATES = 'test/support/certificates';

describe('files that settings of Redis and of the cluster name', () => {
  const newDir = useTempDirs();

  /** The configuration in a directory with these files. */
  async function load(settings: string, files: Readonly<Record<string, string>> = {}) {
    const dir = newDir();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text, { mode: 0o600 });
    for (const name of ['server.pem', 'server-key.pem', 'other-key.pem']) {
      copyFileSync(join(CERTIFICATES, name), join(dir, name));
    }
    const file = join(dir, 'f.yaml');
    writeFileSync(file, `backends: []\n${settings}`);
    return { dir, file, loaded: await loadForStart(file, {}, 0) };
  }

  async function read(settings: string, files: Readonly<Record<string, string>> = {}) {
    const { loaded } = await load(settings, files);
    if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'));
    return readClusterFiles(loaded.config.process);
  }

  it('are none where there are no such settings', async () => {
    expect(await read('')).toEqual({
      control: null,
      sessions: null,
      secret: null,
      problems: [],
      warnings: [],
    });
  });

  it('give the password, without the line break at its end, and the secret', async () => {
    const secret = 'x'.repeat(40);
    const found = await read(
      'cluster: {name: web, secret_file: secret}\nredis: {url: "redis://a", username: u, password_file: pass}\n',
      { pass: 'open sesame\n', secret: `${secret}\n` },
    );
    expect(found.secret).toBe(secret);
    expect(found.control).toEqual({
      servers: { kind: 'single', host: 'a', port: 6379, db: 0 },
      username: 'u',
      password: 'open sesame',
      sentinelPassword: null,
      tls: null,
    });
    expect(found.sessions).toEqual(found.control);
  });

  it('give certificates for TLS, which a URL asks for by its scheme', async () => {
    const plain = await read('cluster: {name: web}\nredis: {sessions: {url: "rediss://a"}}\n');
    expect(plain.control).toBeNull();
    expect(plain.sessions?.tls).toEqual({ ca: null, client: null, serverName: null });
    const { sessions } = await read(
      'cluster: {name: web}\nredis: {url: "rediss://a", tls: {ca_file: server.pem, cert_file: server.pem, key_file: server-key.pem, server_name: b}}\n',
    );
    expect(sessions?.tls).toEqual({
      ca: expect.stringContaining('BEGIN CERTIFICATE'),
      client: {
        cert: expect.stringContaining('BEGIN CERTIFICATE'),
        key: expect.stringContaining('PRIVATE KEY'),
      },
      serverName: 'b',
    });
  });

  it('are refused at their settings, all at once', async () => {
    const { dir, file, loaded } = await load(
      `cluster: {name: web, secret_file: secret}
redis:
  sessions:
    url: rediss://a
    password_file: none
    tls: {ca_file: secret, cert_file: server.pem, key_file: other-key.pem}
`,
      { secret: 'short' },
    );
    expect(loaded.ok).toBe(false);
    const told = loaded.ok ? [] : loaded.problems.map(formatProblem);
    expect(told).toEqual([
      `${file}:2:35: cluster.secret_file: The secret in ${dir}/secret has 5 characters; 32 to 1024 are needed (openssl rand -base64 32 makes one).`,
      `${file}:6:20: redis.sessions.password_file: The password file ${dir}/none cannot be read: there is no such file.`,
      `${file}:7:20: redis.sessions.tls.ca_file: ${dir}/secret: there is no certificate in PEM form in it`,
      `${file}:7:61: redis.sessions.tls.key_file: ${dir}/server.pem with ${dir}/other-key.pem: the key does not belong to the certificate`,
    ]);
  });

  it('are warned of where every user may read them', async () => {
    const { dir, loaded } = await load('cluster: {secret_file: secret}\n', { secret: 'x'.repeat(32) });
    expect(loaded).toMatchObject({ ok: true, warnings: [] });
    chmodSync(join(dir, 'secret'), 0o644);
    const again = await loadForStart(join(dir, 'f.yaml'), {}, 0);
    expect(again).toMatchObject({ ok: true, warnings: [{ path: 'cluster.secret_file', line: 2 }] });
  });

  it('never hold an empty password', async () => {
    const { loaded } = await load('cluster: {name: w}\nredis: {url: "redis://a", password_file: p}\n', {
      p: '\n',
    });
    expect(loaded).toMatchObject({ ok: false, problems: [{ path: 'redis.password_file' }] });
  });
});
