import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exposedFiles } from '../../control-plane/runtime/exposed-files.js';
import { otherFile } from '../../control-plane/runtime/other-file.js';
import type { ProcessSettings } from '../../control-plane/config/process-settings.js';
import { useTempDirs } from '../support/temp-dir.js';

describe('files that other users can reach', () => {
  const newDir = useTempDirs();

  async function arranged(modes: {
    readonly dir: number;
    readonly sessionKey: number;
    readonly key: number;
  }): Promise<Pick<ProcessSettings, 'dataDir' | 'listen'>> {
    const root = newDir();
    const dataDir = join(root, 'data');
    await mkdir(dataDir);
    const sessionKey = join(dataDir, 'session-key');
    const keyFile = join(root, 'key.pem');
    for (const file of [sessionKey, keyFile]) await writeFile(file, '');
    await chmod(sessionKey, modes.sessionKey);
    await chmod(keyFile, modes.key);
    await chmod(dataDir, modes.dir);
    const tls = { certFile: keyFile, keyFile };
    return { dataDir, listen: { host: '127.0.0.1', port: 0, h2: true, tls } };
  }

  it.each([
    ['all as made', { dir: 0o700, sessionKey: 0o600, key: 0o600 }, []],
    ['a key for a group', { dir: 0o755, sessionKey: 0o400, key: 0o640 }, []],
    [
      'a data_dir for all',
      { dir: 0o777, sessionKey: 0o600, key: 0o600 },
      [/^data_dir .*data can be written/],
    ],
    ['a data_dir for a group', { dir: 0o770, sessionKey: 0o600, key: 0o600 }, [/^data_dir /]],
    ['a session key for all', { dir: 0o700, sessionKey: 0o644, key: 0o600 }, [/session-key can be read/]],
    ['a session key for a group', { dir: 0o700, sessionKey: 0o640, key: 0o600 }, [/session-key can be read/]],
    ['a key for all', { dir: 0o700, sessionKey: 0o600, key: 0o644 }, [/^the key .*key\.pem can be read/]],
  ])('%s', async (_name, modes, expected) => {
    expect(await exposedFiles(await arranged(modes))).toEqual(
      expected.map((each) => expect.stringMatching(each)),
    );
  });

  it('are none where there is nothing yet', async () => {
    const listen = { host: '127.0.0.1', port: 0, h2: true, tls: null };
    expect(await exposedFiles({ dataDir: join(newDir(), 'nothing'), listen })).toEqual([]);
  });
});

describe('a data directory that was last used with', () => {
  it.each<[string, string | null, string, string | null]>([
    ['no file', null, 'a.yaml', null],
    ['the same file', 'a.yaml', 'a.yaml', null],
    ['the same file, called from elsewhere', 'conf/a.yaml', '/etc/conf/a.yaml', null],
    ['another file', 'a.yaml', 'b.yaml', 'a.yaml'],
    ['another file of that name', '/etc/a/x.yaml', '/etc/b/x.yaml', '/etc/a/x.yaml'],
  ])('%s', (_name, last, now, expected) => {
    expect(otherFile(last, now)).toBe(expected);
  });
});
