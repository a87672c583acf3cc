/** What the event log forgets is forgotten in small steps, and its room is given back. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../control-plane/event-log/migrations.js';
import { retain } from '../../control-plane/event-log/retain.js';
import { recover } from '../../control-plane/event-log/recover.js';
import type { LogStorage } from '../../control-plane/event-log/log-storage.js';
import { openSqliteStorage } from '../../control-plane/event-log/sqlite-storage.js';
import { EVENT_LOG_FILE } from '../../control-plane/event-log/sqlite-file.js';
import { ROWS_PER_STEP, eventSteps, journalSteps } from '../../control-plane/event-log/sqlite-retention.js';
import { transaction } from '../../control-plane/event-log/sqlite-transaction.js';
import { sampleState, segmentEntry, weightChanges } from '../support/sample-events.js';
import { useTempDirs } from '../support/temp-dir.js';

const tempDir = useTempDirs();
const EVENTS = 8_000;
const CHECKPOINT_EVENTS = 500;
const LIMITS = { journal: { before: 1e9, bytes: 0 }, keepEvents: 1_000 };

/** A log with a segment and a checkpoint for every 500 events. */
async function filled(dataDir: string): Promise<void> {
  const log = await openSqliteStorage(dataDir);
  for (let seq = 0; seq < EVENTS; seq += CHECKPOINT_EVENTS) {
    const entries = Array.from({ length: CHECKPOINT_EVENTS }, () => segmentEntry(seq, seq));
    await log.append(seq, { events: weightChanges(seq + 1, CHECKPOINT_EVENTS), entries });
    await log.checkpoints.save(sampleState(seq + CHECKPOINT_EVENTS));
  }
  await log.close();
}

function pragma(path: string, name: string): unknown {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db.prepare(`PRAGMA ${name}`).get()?.[name];
  } finally {
    db.close();
  }
}

/** The same, but it ends when it is to forget events or checkpoints. */
function cutBefore(log: LogStorage, port: 'events' | 'checkpoints'): LogStorage {
  const { events, checkpoints, journal } = log;
  const forget = () => Promise.reject(new Error('cut'));
  const ends = { end: () => events.end(), seqs: () => checkpoints.seqs(), forget };
  const parts = { events, checkpoints, [port]: ends };
  return { ...parts, journal } as unknown as LogStorage;
}

describe('retention', () => {
  it('deletes a bounded number of rows at once', async () => {
    const dataDir = tempDir();
    await filled(dataDir);
    const path = join(dataDir, EVENT_LOG_FILE);
    const db = new DatabaseSync(path);
    const changes = (): number => Number(db.prepare('SELECT total_changes() AS n').get()?.['n']);
    const deleted: number[] = [];
    const newestSegment = Number(db.prepare('SELECT max(id) AS n FROM segments').get()?.['n']);
    for (const steps of [journalSteps(db, newestSegment), eventSteps(db, 7_000)]) {
      for (const step of steps) {
        const before = changes();
        transaction(db, step);
        deleted.push(changes() - before);
      }
    }
    db.close();
    expect(deleted.length).toBeGreaterThan(15);
    // Beside the rows, their segments, or the number of the first event.
    expect(Math.max(...deleted)).toBeLessThanOrEqual(2 * ROWS_PER_STEP + 1);
    const log = await openSqliteStorage(dataDir);
    expect((await recover(log)).checkpoint).toEqual(sampleState(EVENTS));
    expect((await log.events.read({ limit: 1, order: 'forward' }))[0]?.seq).toBe(7_001);
    await log.close();
  });

  it.each(['events', 'checkpoints'] as const)('may end before %s are forgotten', async (port) => {
    const dataDir = tempDir();
    await filled(dataDir);
    const log = await openSqliteStorage(dataDir);
    const cut = cutBefore(log, port);
    await expect(retain(cut, LIMITS)).rejects.toThrow('cut');
    await log.close();
    const again = await openSqliteStorage(dataDir);
    expect((await recover(again)).checkpoint).toEqual(sampleState(EVENTS));
    await retain(again, LIMITS);
    expect((await again.events.read({ limit: 1, order: 'forward' }))[0]?.seq).toBe(7_001);
    expect((await again.checkpoints.seqs())[0]).toBe(7_000);
    await again.close();
  });

  it('lets others go on in between', async () => {
    const dataDir = tempDir();
    await filled(dataDir);
    const log = await openSqliteStorage(dataDir);
    let done = false;
    const retained = retain(log, LIMITS).finally(() => (done = true));
    let appended = 0;
    while (!done) {
      await log.events.append(EVENTS + appended, weightChanges(EVENTS + appended + 1, 1));
      appended += 1;
      await new Promise(setImmediate);
    }
    await retained;
    expect(appended).toBeGreaterThan(10);
    await log.close();
  });

  it('gives the room back to the file system', async () => {
    const dataDir = tempDir();
    await filled(dataDir);
    const path = join(dataDir, EVENT_LOG_FILE);
    const before = statSync(path).size;
    const log = await openSqliteStorage(dataDir);
    await retain(log, LIMITS);
    await log.close();
    expect(statSync(path).size).toBeLessThan(before / 3);
    expect(pragma(path, 'freelist_count')).toBe(0);
  });

  it('that the log is closed over it fails, and the next one goes on', async () => {
    const dataDir = tempDir();
    await filled(dataDir);
    const log = await openSqliteStorage(dataDir);
    const retained = retain(log, LIMITS);
    await log.close();
    await expect(retained).rejects.toMatchObject({ kind: 'unavailable' });
    const again = await openSqliteStorage(dataDir);
    await retain(again, LIMITS);
    expect((await again.events.read({ limit: 1, order: 'forward' }))[0]?.seq).toBe(7_001);
    await again.close();
  });

  it('can give room back for a file of an earlier build, too', async () => {
    const dataDir = tempDir();
    const path = join(dataDir, EVENT_LOG_FILE);
    const old = new DatabaseSync(path);
    migrate(old);
    old.exec('PRAGMA journal_mode = WAL');
    old.close();
    expect(pragma(path, 'auto_vacuum')).toBe(0);
    await filled(dataDir);
    expect(pragma(path, 'auto_vacuum')).toBe(2);
  });
});
