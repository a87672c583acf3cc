/** An event log whose files are taken away or replaced while it is open, and made anew. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { LogStorage } from '../../control-plane/event-log/log-storage.js';
import { recover } from '../../control-plane/event-log/recover.js';
import { openSqliteStorage } from '../../control-plane/event-log/sqlite-storage.js';
import { eventsLost, sampleState, weightChanged, weightChanges } from '../support/sample-events.js';
import { useTempDirs } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

const ALL = { limit: 100, order: 'forward' } as const;

describe('an event log that is open', () => {
  const tempDir = useTempDirs();
  let dataDir = '';
  let log: LogStorage;

  beforeEach(async () => {
    dataDir = join(tempDir(), 'data');
    log = await openSqliteStorage(dataDir);
    await log.events.append(0, weightChanges(1, 2));
  });
  afterEach(async () => log.close());

  const file = (name = 'events.db') => join(dataDir, name);
  const renew = () =>
    log.renew(sampleState(2), { events: [eventsLost(3, { first: 1, last: 2 })], entries: [] });
  async function seqsOfNext(): Promise<readonly number[]> {
    await log.close();
    log = await openSqliteStorage(dataDir);
    return (await log.events.read(ALL)).map(({ seq }) => seq);
  }

  it.each<[string, () => void]>([
    ['deleted', () => rmSync(file())],
    ['deleted with its directory', () => rmSync(dataDir, { recursive: true })],
    ['moved away', () => renameSync(dataDir, `${dataDir}.old`)],
    [
      'replaced by a copy of itself',
      () => {
        copyFileSync(file(), file('copy'));
        renameSync(file('copy'), file());
      },
    ],
  ])('acknowledges nothing once it was %s, and says so when it is looked at', async (_name, harm) => {
    harm();
    await expect(log.events.append(2, [weightChanged(3)])).rejects.toMatchObject({ kind: 'lost' });
    await expect(log.check(false)).rejects.toMatchObject({ kind: 'lost' });
    expect((await log.events.read(ALL)).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('goes on when it is back in its place', async () => {
    renameSync(dataDir, `${dataDir}.old`);
    await expect(log.check(true)).rejects.toMatchObject({ kind: 'lost' });
    renameSync(`${dataDir}.old`, dataDir);
    await log.check(true);
    await log.events.append(2, [weightChanged(3)]);
    expect(await seqsOfNext()).toEqual([1, 2, 3]);
  });

  it.each<[string, () => void]>([
    ['its directory was deleted', () => rmSync(dataDir, { recursive: true })],
    ['its files were deleted', () => readdirSync(dataDir).forEach((name) => rmSync(file(name)))],
    ['it alone was deleted', () => rmSync(file())],
  ])('is made anew after %s, for its owner alone, and the next one opens it', async (_name, harm) => {
    harm();
    await renew();
    await log.check(true);
    await log.events.append(3, [weightChanged(4)]);
    expect(readdirSync(dataDir).sort()).toEqual(['events.db', 'events.db-shm', 'events.db-wal', 'lock']);
    expect(await seqsOfNext()).toEqual([3, 4]);
    expect((await recover(log)).checkpoint).toEqual(sampleState(2));
  });

  it('is never made anew in the place of something else', async () => {
    rmSync(dataDir, { recursive: true });
    mkdirSync(dataDir);
    writeFileSync(file(), 'precious');
    await expect(renew()).rejects.toMatchObject({
      kind: 'lost',
      message: expect.stringContaining('move it away'),
    });
    expect(readFileSync(file(), 'utf8')).toBe('precious');
    rmSync(file());
    await renew();
    expect(await seqsOfNext()).toEqual([3]);
  });

  it('is made anew as soon as that is possible, and can be read until then', async () => {
    const parent = join(dataDir, '..');
    renameSync(parent, `${parent}.away`);
    for (let i = 0; i < 3; i += 1) await expect(renew()).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await log.events.read(ALL)).map(({ seq }) => seq)).toEqual([1, 2]);
    mkdirSync(parent);
    await renew();
    expect(await seqsOfNext()).toEqual([3]);
    rmSync(`${parent}.away`, { recursive: true });
  });

  it.each(['-wal', '-shm'])(
    'begins another write-ahead log when events.db%s alone was deleted, and loses nothing',
    async (which) => {
      rmSync(file(`events.db${which}`));
      await log.events.append(2, [weightChanged(3)]);
      expect(existsSync(file(`events.db${which}`))).toBe(true);
      // As kill -9 would leave it.
      const copy = join(tempDir(), 'copy');
      mkdirSync(copy);
      for (const name of ['events.db', 'events.db-wal']) copyFileSync(file(name), join(copy, name));
      const next = await openSqliteStorage(copy);
      expect((await next.events.read(ALL)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
      await next.close();
    },
  );

  it('takes its lock again when that alone was deleted', async () => {
    rmSync(file('lock'));
    await log.check(false);
    expect(existsSync(file('lock'))).toBe(true);
    await log.events.append(2, [weightChanged(3)]);
    expect(await seqsOfNext()).toEqual([1, 2, 3]);
  });

  it('takes nothing more when its directory may not be written to, though the file that is open could be', async () => {
    const program = join(process.cwd(), 'dist/test/support/append-loop.js');
    const parent = tempDir();
    const root = process.getuid?.() === 0;
    chmodSync(parent, 0o755);
    const place = join(parent, 'data');
    mkdirSync(place);
    // Root may write anywhere: somebody else must be told no.
    if (root) chownSync(place, 65_534, 65_534);
    const child = spawn(process.execPath, [program, place], root ? { uid: 65_534, gid: 65_534 } : {});
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await waitUntil('the first appends', () => said.split('\n').length > 3);
    chmodSync(place, 0o555);
    await once(child, 'close');
    chmodSync(place, 0o755);
    expect(said).toMatch(/\nfailed unavailable: .*data_dir may not be written to/);
  });
});
