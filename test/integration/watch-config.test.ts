/** Real files and the real `fs.watch`. Polling is off (an hour) where the watch must see the change by itself. */
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Of } from '../../control-plane/config/read-file.js';
import { type FileWatch, watchFiles } from '../../control-plane/config/watch-files.js';
import { useTempDirs } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

const HOUR_MS = 3_600_000;

describe('a watched configuration file', () => {
  const newDir = useTempDirs();
  let open: FileWatch[] = [];

  afterEach(() => {
    for (const watch of open) watch.close();
    open = [];
  });

  /** Watches `file`, whose content is `content`, and counts the changes told. */
  async function watching(
    file: string,
    content: string | null,
    options: { pollMs?: number; debounceMs?: number } = {},
  ) {
    const told = { changes: 0 };
    const watch = watchFiles({
      files: [file],
      known: [content === null ? null : sha256Of(Buffer.from(content))],
      onChange: () => told.changes++,
      debounceMs: options.debounceMs ?? 20,
      pollMs: options.pollMs ?? HOUR_MS,
    });
    open.push(watch);
    await watch.ready;
    return {
      told,
      close: () => watch.close(),
      until: (n: number) => waitUntil(`change ${n}`, () => told.changes >= n),
    };
  }

  function fileWith(content: string): string {
    const file = join(newDir(), 'tidegate.yaml');
    writeFileSync(file, content);
    return file;
  }

  it('is told of when it is written in place', async () => {
    const file = fileWith('a');
    const { told, until } = await watching(file, 'a');
    writeFileSync(file, 'b');
    await until(1);
    expect(told.changes).toBe(1);
  });

  it('is told of at each atomic replacement, not only the first', async () => {
    const file = fileWith('0');
    const { told, until } = await watching(file, '0');
    for (const round of [1, 2, 3, 4, 5]) {
      writeFileSync(`${file}.tmp`, String(round));
      renameSync(`${file}.tmp`, file);
      await until(round);
      expect(told.changes).toBe(round);
    }
  });

  it('is told of when Kubernetes swaps the link behind it', async () => {
    const dir = newDir();
    for (const version of ['v1', 'v2', 'v3']) {
      mkdirSync(join(dir, version));
      writeFileSync(join(dir, version, 'tidegate.yaml'), version);
    }
    symlinkSync('v1', join(dir, '..data'));
    symlinkSync('..data/tidegate.yaml', join(dir, 'tidegate.yaml'));
    const { told, until } = await watching(join(dir, 'tidegate.yaml'), 'v1');
    for (const [round, version] of [
      [1, 'v2'],
      [2, 'v3'],
    ] as const) {
      symlinkSync(version, join(dir, '..data_tmp'));
      renameSync(join(dir, '..data_tmp'), join(dir, '..data'));
      await until(round);
    }
    rmSync(join(dir, 'v1'), { recursive: true });
    expect(told.changes).toBe(2);
  });

  it('is told of when the directory above it is a link that is swapped', async () => {
    const dir = newDir();
    for (const release of ['r1', 'r2']) {
      mkdirSync(join(dir, release));
      writeFileSync(join(dir, release, 'tidegate.yaml'), release);
    }
    symlinkSync(join(dir, 'r1'), join(dir, 'current'));
    const { until } = await watching(join(dir, 'current', 'tidegate.yaml'), 'r1');
    symlinkSync(join(dir, 'r2'), join(dir, 'next'));
    renameSync(join(dir, 'next'), join(dir, 'current'));
    await until(1);
  });

  it('is told of when the file that its link leads to is written', async () => {
    const dir = newDir();
    mkdirSync(join(dir, 'elsewhere'));
    writeFileSync(join(dir, 'elsewhere', 'real.yaml'), 'a');
    symlinkSync('elsewhere/real.yaml', join(dir, 'tidegate.yaml'));
    const { until } = await watching(join(dir, 'tidegate.yaml'), 'a');
    writeFileSync(join(dir, 'elsewhere', 'real.yaml'), 'b');
    await until(1);
  });

  it('is told of when it is deleted, and when it is there again', async () => {
    const file = fileWith('a');
    const { until } = await watching(file, 'a');
    unlinkSync(file);
    await until(1);
    writeFileSync(file, 'a');
    await until(2);
  });

  it('is told of when its directory vanishes and returns', async () => {
    const dir = join(newDir(), 'deep', 'er');
    const file = join(dir, 'tidegate.yaml');
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, 'a');
    const { until } = await watching(file, 'a');
    for (const round of [1, 3]) {
      rmSync(join(dir, '..'), { recursive: true });
      await until(round);
      mkdirSync(dir, { recursive: true });
      writeFileSync(file, `again ${round}`);
      await until(round + 1);
    }
  });

  it('is told of when it appears for the first time', async () => {
    const file = join(newDir(), 'later', 'tidegate.yaml');
    const { until } = await watching(file, null);
    mkdirSync(join(file, '..'));
    writeFileSync(file, 'a');
    await until(1);
  });

  it('is told of when it changed before the watch began', async () => {
    const { told } = await watching(fileWith('b'), 'a');
    expect(told.changes).toBe(1);
  });

  it('is told of by polling where nothing is reported', async () => {
    const file = fileWith('a');
    // A debounce of an hour stands for a file system without reports.
    const { until } = await watching(file, 'a', { pollMs: 20, debounceMs: HOUR_MS });
    writeFileSync(file, 'b');
    await until(1);
  });

  it('is told of once while changes keep coming, and again when another content follows', async () => {
    const file = fileWith('a');
    const { told, until } = await watching(file, 'a');
    for (let n = 0; n < 50; n++) writeFileSync(file, 'b');
    await until(1);
    expect(told.changes).toBe(1);
    writeFileSync(file, 'c');
    await until(2);
    expect(told.changes).toBe(2);
  });

  it('is not told of when another file changes or the content stays', async () => {
    const file = fileWith('a');
    const { told, until } = await watching(file, 'a');
    writeFileSync(`${file}.other`, 'x');
    writeFileSync(file, 'a');
    renameSync(`${file}.other`, `${file}.moved`);
    // The next true change is the first one told.
    writeFileSync(file, 'b');
    await until(1);
    expect(told.changes).toBe(1);
  });

  it('is not told of after the watch is closed', async () => {
    const file = fileWith('a');
    const first = await watching(file, 'a');
    const second = await watching(file, 'a');
    first.close();
    writeFileSync(file, 'b');
    await second.until(1);
    expect(first.told.changes).toBe(0);
  });
});
