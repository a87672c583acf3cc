import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { decodeEvent, encodeEvent } from '../../control-plane/event-log/codec.js';
import {
  UPCASTS,
  upcast,
  type StoredEventShape,
  type UpcastTable,
} from '../../control-plane/domain/upcast.js';
import { migrate } from '../../control-plane/event-log/migrations.js';
import { openSqliteStorage } from '../../control-plane/event-log/sqlite-storage.js';
import { weightChanged, weightChanges } from '../support/sample-events.js';
import { useTempDirs } from '../support/temp-dir.js';

const MAIN = 'events.db';

describe('opening an event log', () => {
  const tempDir = useTempDirs();
  const open = (dataDir: string) => openSqliteStorage(dataDir);
  const failure = (kind: string, text: string) => ({ kind, message: expect.stringContaining(text) });

  /** Changes a closed log behind its back. */
  async function changed(sql: string): Promise<string> {
    const dataDir = tempDir();
    const log = await open(dataDir);
    await log.events.append(0, weightChanges(1, 9));
    await log.close();
    const db = new DatabaseSync(join(dataDir, MAIN));
    db.exec(sql);
    db.close();
    return dataDir;
  }

  it('makes the directory and files for its own user alone', async () => {
    const dataDir = join(tempDir(), 'data');
    const log = await open(dataDir);
    await log.events.append(0, weightChanges(1, 1));
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    const files = readdirSync(dataDir);
    expect(files.sort()).toEqual(['events.db', 'events.db-shm', 'events.db-wal', 'lock']);
    for (const file of files) expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
    await log.close();
    expect(readdirSync(dataDir).sort()).toEqual(['events.db', 'lock']);
  });

  it.each([
    ['has commands that led to no event', 500, 500],
    ['lacks the newest commands', 3, 9],
  ])('goes on with ids of its own after a release whose journal %s', async (_name, journaled, last) => {
    const dataDir = await changed(`UPDATE meta SET value = ${journaled} WHERE key = 'last_command_id'`);
    const log = await open(dataDir);
    expect(await log.events.end()).toEqual({ seq: 9, commandId: last });
    await log.close();
  });

  it('refuses a second opener in the same process, and lets it in after the first', async () => {
    const dataDir = tempDir();
    const first = await open(dataDir);
    await expect(open(dataDir)).rejects.toMatchObject(failure('in-use', dataDir));
    await first.events.append(0, weightChanges(1, 1));
    await first.close();
    await (await open(dataDir)).close();
  });

  it.each([
    ['its lock was deleted', (dataDir: string) => rmSync(join(dataDir, 'lock'))],
    ['the whole directory was deleted', (dataDir: string) => rmSync(dataDir, { recursive: true })],
    ['the directory was moved away', (dataDir: string) => renameSync(dataDir, `${dataDir}.old`)],
    [
      'the directory was replaced',
      (dataDir: string) => {
        rmSync(dataDir, { recursive: true });
        mkdirSync(dataDir);
      },
    ],
  ])('refuses a second opener while the first runs, though %s', async (_name, harm) => {
    const dataDir = join(tempDir(), 'data');
    const first = await open(dataDir);
    harm(dataDir);
    await expect(open(dataDir)).rejects.toMatchObject(failure('in-use', dataDir));
    await first.close();
  });

  it('lets others read while it is open', async () => {
    const dataDir = tempDir();
    const log = await open(dataDir);
    await log.events.append(0, weightChanges(1, 5));
    const other = new DatabaseSync(join(dataDir, MAIN), { readOnly: true });
    expect(other.prepare('SELECT count(*) AS n FROM events').get()?.['n']).toBe(5);
    await log.events.append(5, weightChanges(6, 1));
    expect(other.prepare('SELECT count(*) AS n FROM events').get()?.['n']).toBe(6);
    other.close();
    await log.close();
  });

  it('notices who writes to its file without its lock, and writes nothing over it', async () => {
    const dataDir = tempDir();
    const log = await open(dataDir);
    await log.events.append(0, weightChanges(1, 5));
    const other = new DatabaseSync(join(dataDir, MAIN));
    other.exec('BEGIN IMMEDIATE');
    await expect(log.events.append(5, weightChanges(6, 1))).rejects.toMatchObject({ kind: 'unavailable' });
    other.exec("UPDATE meta SET value = 7 WHERE key = 'last_seq'; COMMIT");
    await expect(log.events.append(5, weightChanges(6, 1))).rejects.toMatchObject({ kind: 'conflict' });
    expect(other.prepare('SELECT max(seq) AS n FROM events').get()?.['n']).toBe(5);
    other.close();
    await log.close();
  });

  it('goes on after a start that was killed while it made the file', async () => {
    const dataDir = tempDir();
    writeFileSync(join(dataDir, `${MAIN}.new`), 'half');
    await (await open(dataDir)).close();
    expect(readdirSync(dataDir).sort()).toEqual(['events.db', 'lock']);
  });

  it.each<[string, string, string]>([
    ['a missing event within', 'DELETE FROM events WHERE seq = 5', 'should hold the events 1 to 9'],
    ['a missing last event', 'DELETE FROM events WHERE seq = 9', 'should hold the events 1 to 9'],
    ['a missing first event', 'DELETE FROM events WHERE seq = 1', 'should hold the events 1 to 9'],
    ['no event', 'DELETE FROM events', 'should hold the events 1 to 9'],
    ['a changed text', `UPDATE events SET body = replace(body, '1000', '1001') WHERE seq = 1`, 'checksum'],
    [
      'a changed column',
      `UPDATE events SET type = 'PoolAdded' WHERE seq = 3`,
      'event 3 does not fit its row',
    ],
    [
      'exchanged texts',
      'UPDATE events SET (body, crc) = (SELECT body, crc FROM events WHERE seq = 2) WHERE seq = 1',
      'fit its row',
    ],
    ['no bookkeeping', "DELETE FROM meta WHERE key = 'last_seq'", 'bookkeeping'],
    ['no table of events', 'DROP TABLE events', 'no such table'],
    [
      'a checkpoint of nothing',
      `INSERT INTO checkpoints VALUES (4, 1, 'x', '{}')`,
      'checkpoint at event 4 fails',
    ],
    ['a foreign mark', 'PRAGMA application_id = 1', 'not an event log of Tidegate'],
    ['no version', 'PRAGMA user_version = 0', 'not its own'],
    ['a version that the tables deny', 'PRAGMA user_version = 77', 'not its own'],
    ['another journal mode', 'PRAGMA journal_mode = DELETE', 'not its own'],
  ])('refuses one with %s', async (_name, sql, text) => {
    await expect(open(await changed(sql))).rejects.toMatchObject(failure('corrupt', text));
  });

  it('refuses the log of a newer release', async () => {
    const dataDir = await changed(
      `UPDATE meta SET value = 99 WHERE key = 'schema_version'; PRAGMA user_version = 99`,
    );
    await expect(open(dataDir)).rejects.toMatchObject(failure('too-new', 'version 99'));
  });

  it('refuses a database of something else', async () => {
    const dataDir = tempDir();
    const db = new DatabaseSync(join(dataDir, MAIN));
    db.exec('CREATE TABLE notes (text); INSERT INTO notes VALUES (1)');
    db.close();
    await expect(open(dataDir)).rejects.toMatchObject(failure('corrupt', 'not an event log of Tidegate'));
  });

  it('refuses a data_dir that is a file', async () => {
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    await expect(open(file)).rejects.toMatchObject(failure('unavailable', 'not a directory'));
    await expect(open(join(file, 'data'))).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('refuses a data_dir whose parent is missing', async () => {
    await expect(open(join(tempDir(), 'no', 'data'))).rejects.toMatchObject(failure('unavailable', 'ENOENT'));
  });

  it('refuses a log that is a directory', async () => {
    const dataDir = tempDir();
    mkdirSync(join(dataDir, MAIN));
    await expect(open(dataDir)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('says what to do about a lock that is no lock', async () => {
    const dataDir = tempDir();
    writeFileSync(join(dataDir, 'lock'), 'something else\n'.repeat(100));
    await expect(open(dataDir)).rejects.toMatchObject(failure('unavailable', 'remove it'));
  });

  it('refuses a data_dir that it may not write to', async () => {
    const dataDir = tempDir();
    await (await open(dataDir)).close();
    chmodSync(dataDir, 0o555);
    const asUser = process.geteuid?.() === 0;
    // Root may write anywhere: become somebody else for a moment.
    if (asUser) process.seteuid?.(65_534);
    try {
      await expect(open(dataDir)).rejects.toMatchObject({ kind: 'unavailable' });
    } finally {
      if (asUser) process.seteuid?.(0);
      chmodSync(dataDir, 0o755);
    }
    await (await open(dataDir)).close();
  });
});

describe('migrating an event log', () => {
  const second = 'CREATE TABLE more (x INTEGER) STRICT;';

  function fresh(): { readonly db: DatabaseSync; readonly first: string } {
    const db = new DatabaseSync(':memory:');
    const first = `CREATE TABLE meta (key TEXT, value INTEGER); INSERT INTO meta VALUES ('schema_version', 0);`;
    migrate(db, [first]);
    return { db, first };
  }
  const versionOf = (db: DatabaseSync) => db.prepare('PRAGMA user_version').get()?.['user_version'];

  it('runs what the file has not had, once', () => {
    const { db, first } = fresh();
    migrate(db, [first, second]);
    migrate(db, [first, second]);
    expect(versionOf(db)).toBe(2);
    expect(db.prepare('SELECT value FROM meta').get()?.['value']).toBe(2);
  });

  it('leaves the file as it was when a migration fails', () => {
    const { db, first } = fresh();
    expect(() => migrate(db, [first, `${second} INSERT INTO nowhere VALUES (1);`])).toThrow('nowhere');
    expect(versionOf(db)).toBe(1);
    expect(db.prepare(`SELECT count(*) AS n FROM sqlite_schema WHERE name = 'more'`).get()?.['n']).toBe(0);
  });
});

describe('reading an event of another release', () => {
  const body = encodeEvent(weightChanged(1));
  const older = body.replace('"schema":1', '"schema":0').replace('"from":', '"was":');

  it('lifts an older schema', () => {
    const steps: UpcastTable['steps'] = {
      'BackendSettingsChanged@0': (event) => ({ ...event, schema: 1, data: weightChanged(1).data }),
    };
    const lift = (stored: StoredEventShape) => upcast(stored, { ...UPCASTS, steps });
    expect(decodeEvent(older, lift)).toEqual(weightChanged(1));
  });

  it('checks what came of lifting', () => {
    const steps: UpcastTable['steps'] = { 'BackendSettingsChanged@0': (event) => ({ ...event, schema: 1 }) };
    const lift = (stored: StoredEventShape) => upcast(stored, { ...UPCASTS, steps });
    expect(() => decodeEvent(older, lift)).toThrow('BackendSettingsChanged.from: is missing');
  });

  it('calls an unknown schema or type too new', () => {
    const tooNew = expect.objectContaining({ kind: 'too-new' });
    expect(() => decodeEvent(body.replace('"schema":1', '"schema":2'), upcast)).toThrow(tooNew);
    expect(() => decodeEvent(body.replace('BackendSettingsChanged', 'WeightDoubled'), upcast)).toThrow(
      tooNew,
    );
    expect(() => decodeEvent(body.replace('BackendSettingsChanged', 'toString'), upcast)).toThrow(tooNew);
  });

  it('calls anything else corrupt', () => {
    for (const text of [
      '',
      '[]',
      '{"type":1}',
      older,
      body.replace('"weight":2', '"weight":"2"'),
      body.slice(0, -1),
    ]) {
      expect(() => decodeEvent(text, upcast)).toThrow(expect.objectContaining({ kind: 'corrupt' }));
    }
  });
});
