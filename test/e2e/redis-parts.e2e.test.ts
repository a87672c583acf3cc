import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FleetRig } from '../support/fleet/fleet-rig.js';
import { underLoad } from '../support/fleet/under-load.js';
import { freePort } from '../support/free-port.js';
import { RedisServer } from '../support/redis-server.js';
import { waitUntil } from '../support/wait-until.js';

const certificate = (name: string): string => join(process.cwd(), 'test/support/certificates', name);
const TLS = {
  'tls-cert-file': certificate('server.pem'),
  'tls-key-file': certificate('server-key.pem'),
  'tls-ca-cert-file': certificate('server.pem'),
  'tls-auth-clients': 'no',
};

/** The rights that README names behind these words. */
function rightsOf(words: string): readonly string[] {
  const readme = readFileSync('README.md', 'utf8').replaceAll(/\s+/g, ' ');
  const [, rights] = new RegExp(`${words}[^\`]*\`([^\`]*\\+[^\`]*)\``).exec(readme) ?? [];
  if (rights === undefined) throw new Error(`README names no rights behind "${words}"`);
  return rights.split(' ');
}

/** As a careful operator has it: TLS, a user with no more rights than README names, and a server for each purpose. */
describe('a fleet with a Redis for what hosts agree on, and another for sessions', () => {
  let control: RedisServer;
  let sessions: RedisServer;
  let rig: FleetRig;

  beforeAll(async () => {
    const ports = [await freePort(), await freePort()] as const;
    control = await RedisServer.start({ ...TLS, 'tls-port': String(ports[0]) });
    sessions = await RedisServer.start({ ...TLS, 'tls-port': String(ports[1]) });
    const passwordFile = join(control.dir, 'password');
    writeFileSync(passwordFile, 'sesame', { mode: 0o600 });
    const user = ['ACL', 'SETUSER', 'tidegate', 'on', '>sesame', '~tidegate:*'] as const;
    await control.command(
      ...user,
      '&tidegate:*',
      '-@all',
      ...rightsOf('a host needs on `~tidegate:\\*` and `&tidegate:\\*`:'),
    );
    await sessions.command(...user, '-@all', ...rightsOf('sessions need'));
    const part = (port: number): string =>
      `{ url: "rediss://127.0.0.1:${port}", username: tidegate, password_file: ${passwordFile}, tls: { ca_file: ${certificate('server.pem')}, server_name: localhost } }`;
    rig = await FleetRig.start({
      server: control,
      where: () => `control: ${part(ports[0])}, sessions: ${part(ports[1])}`,
    });
  });
  afterAll(async () => {
    await rig.dispose();
    await control.dispose();
    await sessions.dispose();
  });

  async function keysOf(server: RedisServer): Promise<readonly string[]> {
    return (await server.command('KEYS', '*')) as string[];
  }

  it('keeps each in its place, and nothing else anywhere', () =>
    underLoad(rig, async () => {
      await waitUntil('sessions', async () => (await keysOf(sessions)).length > 0);
      expect((await keysOf(sessions)).filter((key) => !key.startsWith('tidegate:web:s:'))).toEqual([]);
      expect((await keysOf(control)).filter((key) => !key.startsWith('tidegate:{web}:'))).toEqual([]);
    }));

  it('is changed while the Redis of sessions is gone', () =>
    underLoad(rig, async () => {
      await sessions.kill();
      await rig.goOn();
      for (const host of rig.hosts) await rig.untilSeen(await rig.untilWritten(host));
      await sessions.restart();
    }));

  it('finds sessions while the Redis of the fleet is gone', () =>
    underLoad(rig, async () => {
      control.pause();
      for (const host of rig.hosts) await rig.untilReadOnly(host);
      const answer = await fetch(rig.hosts[0].tidegate.url('/'));
      const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      const backend = await answer.text();
      const again = await fetch(rig.hosts[1].tidegate.url('/'), { headers: { cookie } });
      expect(await again.text()).toBe(backend);
      control.resume();
    }));
});
