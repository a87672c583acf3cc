import { mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { restoreSessionKey, sessionSigningKeys } from '../../control-plane/runtime/session-signing-keys.js';
import { sharedSigningKey } from '../../control-plane/runtime/shared-keys.js';
import { StartFailure } from '../../control-plane/start-failure.js';
import { quietLogger } from '../support/quiet-logger.js';
import { useTempDirs } from '../support/temp-dir.js';

const newDir = useTempDirs();
const GOOD = `abcd ${Buffer.alloc(32, 7).toString('base64url')}`;

describe('the key that signs session cookies', () => {
  it('is made at the first start, for its owner alone, and found again', async () => {
    const dir = newDir();
    const {
      all: [made],
    } = await sessionSigningKeys(dir, null);
    expect(made).toMatchObject({ kid: expect.stringMatching(/^[\w-]{4}$/), secret: expect.anything() });
    expect(made!.secret).toHaveLength(32);
    expect(await sessionSigningKeys(dir, null)).toEqual({ all: [made], own: made });
    expect(statSync(join(dir, 'session-key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['session-key']);
  });

  it('is made although a start before was ended while it made one', async () => {
    const dir = newDir();
    writeFileSync(join(dir, 'session-key.new'), 'half');
    expect((await sessionSigningKeys(dir, null)).all).toHaveLength(1);
    expect(readdirSync(dir)).toEqual(['session-key']);
  });

  it('is made from the secret of all hosts, where there is one, and not kept', async () => {
    const secret = 'x'.repeat(32);
    const dir = newDir();
    const { all, own } = await sessionSigningKeys(dir, secret);
    expect(all).toEqual([sharedSigningKey(secret)]);
    expect(own).toBeNull();
    await restoreSessionKey(dir, { all, own }, quietLogger);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('verifies what it has signed before hosts shared a secret', async () => {
    const dir = newDir();
    writeFileSync(join(dir, 'session-key'), `${GOOD}\n`);
    const { all } = await sessionSigningKeys(dir, 'x'.repeat(32));
    expect(all.map(({ kid }) => kid)).toEqual([sharedSigningKey('x'.repeat(32)).kid, 'abcd']);
  });

  it('may be a link to a key that is kept elsewhere', async () => {
    const dir = newDir();
    writeFileSync(join(dir, 'secret'), `${GOOD}\n`);
    symlinkSync(join(dir, 'secret'), join(dir, 'session-key'));
    expect((await sessionSigningKeys(dir, null)).own?.kid).toBe('abcd');
  });

  const DAMAGES: readonly (readonly [string, (path: string) => void, RegExp])[] = [
    ['empty', (path) => writeFileSync(path, ''), /is not a session key; delete it/],
    ['cut short', (path) => writeFileSync(path, GOOD.slice(0, -3)), /is not a session key/],
    ['too long', (path) => writeFileSync(path, `${GOOD}AAAA`), /is not a session key/],
    ['without a name', (path) => writeFileSync(path, GOOD.slice(4)), /is not a session key/],
    ['of other bytes', (path) => writeFileSync(path, Buffer.alloc(48, 0xff)), /is not a session key/],
    ['a large file', (path) => writeFileSync(path, Buffer.alloc(1_000_000)), /is not a session key/],
    ['a directory', (path) => mkdirSync(path), /this is a directory/],
    ['a link to nothing', (path) => symlinkSync('/nonexistent/key', path), /no such file/],
    ['a link to itself', (path) => symlinkSync(path, path), /leads to itself/],
    ['a device', (path) => symlinkSync('/dev/zero', path), /expected a regular file/],
  ];
  it.each(DAMAGES)(
    'that is %s keeps Tidegate from starting, in one sentence',
    async (_name, damage, message) => {
      const path = join(newDir(), 'session-key');
      damage(path);
      const error: unknown = await sessionSigningKeys(join(path, '..'), null).catch(
        (problem: unknown) => problem,
      );
      expect(error).toBeInstanceOf(StartFailure);
      expect(String(error)).toMatch(message);
      expect(String(error)).toContain(path);
    },
  );

  it('that cannot be made is told likewise, and nothing is left of it', async () => {
    const missing = join(newDir(), 'gone');
    await expect(sessionSigningKeys(missing, null)).rejects.toThrow(/cannot be made/);
    const full = newDir();
    mkdirSync(join(full, 'session-key.new'));
    writeFileSync(join(full, 'session-key.new', 'x'), '');
    await expect(sessionSigningKeys(full, null)).rejects.toThrow(StartFailure);
    expect(readFileSync(join(full, 'session-key.new', 'x'), 'utf8')).toBe('');
  });
});
