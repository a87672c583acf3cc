import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBackend } from '../support/backend-server.js';
import { Tidegate, tidegate } from '../support/tidegate-process.js';

const MINIMAL = `listen: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
workers: 1
backends: [{ id: a, url: "http://127.0.0.1:9" }]
`;

describe('what keeps Tidegate from starting is told in clear sentences', () => {
  const prepared: Tidegate[] = [];
  const prepare = (yaml: string): Tidegate => {
    const instance = Tidegate.prepare(yaml);
    prepared.push(instance);
    return instance;
  };
  afterEach(async () => {
    for (const instance of prepared.splice(0)) await instance.dispose();
  });

  async function serve(instance: Tidegate): Promise<{ code: number | null; stderr: string }> {
    const { code, stderr } = await tidegate(['serve', '-c', instance.configFile]);
    expect(stderr).not.toMatch(/^\s+at /m);
    return { code, stderr };
  }

  it('tells all mistakes of a configuration at once and exits with 2', async () => {
    const instance = prepare(`listen: { port: 99999 }
algorithm: fastest
backends:
  - { id: a, url: "ftp://x", wait: 1 }
health_check: { interval: 30 }
`);
    const { code, stderr } = await serve(instance);
    expect(code).toBe(2);
    // Each with the line of the file, and a mark below it.
    const lines = stderr.trim().split('\n');
    expect(lines).toHaveLength(15);
    lines.forEach((line, index) => {
      expect(line).toMatch([/tidegate\.yaml:\d+:\d+: [\w.[\]]+: /, /^ +\d \| /, /^ +\| +\^+$/][index % 3]!);
    });
    const validated = await tidegate(['validate', instance.configFile]);
    expect(validated.code).toBe(2);
    expect((validated.stdout + validated.stderr).match(/tidegate\.yaml:\d+:\d+/g)).toHaveLength(5);
  });

  it('names a file that is not there', async () => {
    const { code, stderr } = await tidegate(['serve', '-c', '/no/such/file.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain('/no/such/file.yaml');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it.each(['listen', 'admin'])('names a %s port that is in use', async (which) => {
    const taken = await startBackend(() => undefined);
    const { port } = taken;
    const yaml =
      which === 'listen'
        ? MINIMAL.replace('host: 127.0.0.1, port: 0', `host: 127.0.0.1, port: ${port}`)
        : MINIMAL.replace('admin: { port: 0 }', `admin: { port: ${port} }`);
    const { code, stderr } = await serve(prepare(yaml));
    await taken.close();
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`127.0.0.1:${port}`);
    expect(stderr).toMatch(/in use|another process/);
  });

  it('names a certificate that cannot be read', async () => {
    const instance = prepare(
      MINIMAL.replace(
        'port: 0 }\nadmin',
        'port: 0, tls: { enabled: true, cert_file: none.pem, key_file: none.key } }\nadmin',
      ),
    );
    const { code, stderr } = await serve(instance);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /tidegate\.yaml:1:\d+: listen\.tls\.cert_file: certificate \S+none\.pem: there is no such file/,
    );
    const validated = await tidegate(['validate', instance.configFile]);
    expect({ code: validated.code, stderr: validated.stderr.startsWith(stderr) }).toEqual({
      code: 2,
      stderr: true,
    });
  });

  it('names a token file that cannot be read', async () => {
    const instance = prepare(MINIMAL.replace('admin: {', 'admin: { token_file: none,'));
    const { code, stderr } = await serve(instance);
    expect(code).toBe(2);
    expect(stderr).toMatch(/tidegate\.yaml:2:\d+: admin\.token_file: The token file \S+none cannot be read/);
  });

  it('names a data directory that is a file, or may not be written', async () => {
    const file = prepare(`${MINIMAL}data_dir: taken\n`);
    writeFileSync(join(file.dir, 'taken'), 'a file');
    const isFile = await serve(file);
    expect(isFile.code).toBe(1);
    expect(isFile.stderr).toContain('taken');
    expect(isFile.stderr.trim().split('\n')).toHaveLength(1);

    // Not even root may create files there.
    const readOnly = await serve(prepare(`${MINIMAL}data_dir: /proc/tidegate\n`));
    expect(readOnly.code).toBe(1);
    expect(readOnly.stderr).toContain('/proc/tidegate');

    const locked = prepare(`${MINIMAL}data_dir: locked/data\n`);
    mkdirSync(join(locked.dir, 'locked'));
    chmodSync(join(locked.dir, 'locked'), 0o500);
    if (process.getuid?.() !== 0) expect((await serve(locked)).stderr).toContain('locked/data');
    chmodSync(join(locked.dir, 'locked'), 0o700);
  });

  it('names a session key that is a link to nothing', async () => {
    const instance = prepare(MINIMAL);
    mkdirSync(join(instance.dir, 'data'));
    symlinkSync('/nonexistent/key', join(instance.dir, 'data/session-key'));
    const { code, stderr } = await serve(instance);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tidegate: the session key \S+\/data\/session-key cannot be read: [^\n]+\n$/);
  });

  it('names the data directory when another Tidegate has it', async () => {
    const first = prepare(MINIMAL);
    await first.run();
    const { code, stderr } = await serve(first);
    expect(code).toBe(1);
    expect(stderr).toContain(join(first.dir, 'data'));
    expect(stderr).toMatch(/using data_dir/);
  });

  it('refuses an admin listener off loopback without a token', async () => {
    const { code, stderr } = await serve(
      prepare(MINIMAL.replace('admin: { port: 0 }', 'admin: { host: 0.0.0.0, port: 0 }')),
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain('token');
  });
});
