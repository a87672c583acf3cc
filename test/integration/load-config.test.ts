import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../control-plane/config/load-config.js';
import { useTempDirs } from '../support/temp-dir.js';

describe('loading the configuration file', () => {
  const newDir = useTempDirs();

  it('gives the settings, the text and its hash', async () => {
    const file = join(newDir(), 'tidegate.yaml');
    writeFileSync(file, 'backends: []\nworkers: ${N}\n');
    const result = await loadConfig(file, { N: '3' });
    expect(result).toMatchObject({
      ok: true,
      config: { process: { workers: 3 } },
      sha256: 'e5ec50bfd7a00d43c38ec17c2086213219a41a0d2644995bf9f0c9d89ae39b9f',
      text: 'backends: []\nworkers: ${N}\n',
    });
  });

  it('begins relative paths at the directory of the file as it was named', async () => {
    const dir = newDir();
    mkdirSync(join(dir, 'real'));
    mkdirSync(join(dir, 'etc'));
    writeFileSync(join(dir, 'real', 'config.yaml'), 'backends: []\n');
    symlinkSync(join(dir, 'real', 'config.yaml'), join(dir, 'etc', 'tidegate.yaml'));
    const result = await loadConfig(join(dir, 'etc', 'tidegate.yaml'), {});
    expect(result).toMatchObject({ config: { process: { dataDir: join(dir, 'etc', 'data') } } });
  });

  it('tells the hash of a file with problems', async () => {
    const file = join(newDir(), 'tidegate.yaml');
    writeFileSync(file, '');
    expect(await loadConfig(file, {})).toMatchObject({
      ok: false,
      sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      problems: [{ file, line: 1, col: 1, path: '', message: 'expected settings, but the file is empty' }],
    });
  });

  it.each([
    ['that is missing', 'missing.yaml', 'there is no such file'],
    ['below a file', 'file/missing.yaml', 'there is no such file: a part of its path is not a directory'],
    ['that is a directory', 'dir', 'expected a file, but this is a directory'],
    ['that is a link to itself', 'loop', 'the file is a symbolic link that leads to itself'],
    ['that is a device', '/dev/null', 'expected a regular file'],
    ['that is too large', 'large', 'expected a file of at most 1048576 bytes'],
  ])('refuses a file %s', async (_name, path, message) => {
    const dir = newDir();
    writeFileSync(join(dir, 'file'), '');
    writeFileSync(join(dir, 'large'), '#'.repeat(3_000_000));
    mkdirSync(join(dir, 'dir'));
    symlinkSync('loop', join(dir, 'loop'));
    const file = path.startsWith('/') ? path : join(dir, path);
    expect(await loadConfig(file, {})).toMatchObject({
      ok: false,
      problems: [{ file, line: 1, col: 1, path: '', message }],
    });
  });
});
