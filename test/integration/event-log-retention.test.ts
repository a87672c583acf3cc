/** What the event log forgets is forgotten in small steps, and its room is given back. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../control-plane/event-log/migrations.js';
import { openSqliteEventLog } from '../../control-plane/event-log/sqlite-event-log.js';
import { EVENT_LOG_FILE } from '../../control-plane/event-log/sqlite-file.js';
import { retentionSteps, ROWS_PER_STEP } from '../../control-plane/event-log/sqlite-retention.js';
import { transaction } from '../../control-plane/event-log/sqlite-transaction.js';
import { sampleState, segmentEntry, weightChanges } from '../support/sample-events.js';
import { useTempDirs } from '../support/temp-dir.js';

const tempDir = useTempDirs();
const EVENTS = 8_000;
const CHECKPOINT_EVENTS = 500;

/** A log with a segment and a checkpoint for every 500 events. */
async function filled(dataDir: string): Promise<void> {
  const log = await openSqliteEventLog(dataDir);
  for (let seq = 0; seq < EVENTS; seq += CHECKPOINT_EVENTS) {
    const entries = Array.from({ length: CHECKPOINT_EVENTS }, () => segmentEntry(seq, seq));
    await log.append(seq, weightChanges(seq + 1, CHECKPOINT_EVENTS), entries);
    await log.saveCheckpoint(sampleState(seq + CHECKPOINT_EVENTS));
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

describe('retention', () => {
  it('deletes a bounded number of rows at once, and leaves a sound log after each step', async () => {
    const dataDir = tempDir();
    await filled(dataDir);
    const path = join(dataDir, EVENT_LOG_FILE);
    const limits = { journalBefore: 1e9, journalBytes: 0, keepEvents: 1_000, lastSeq: EVENTS };
    const db = new DatabaseSync(path);
    const changes = (): number => Number(db.prepare('SELECT total_changes() AS n').get()?.['n']);
    const deleted: number[] = [];
    const steps = retentionSteps(db, limits);
    for (let step = steps.next(); step.done !== true; step = steps.next()) {
      const before = changes();
      transaction(db, step.value);
      deleted.push(changes() - before);
      const first = Number(db.prepare("SELECT value FROM meta WHERE key = 'first_seq'").get()?.['value']);
      expect(db.prepare('SELECT min(seq) AS n FROM events').get()?.['n']).toBe(first);
      const oldest = Number(db.prepare('SELECT min(seq) AS n FROM checkpoints').get()?.['n']);
      expect(oldest).toBeGreaterThanOrEqual(first - 1);
    }
    db.close();
    expect(deleted.length).toBeGreaterThan(15);
    // Beside the rows, their checkpoints or segments, and the number of the first event.
    expect(Math.max(...deleted)).toBeLessThanOrEqual(2 * ROWS_PER_STEP + 1);
    const log = await openSqliteEventLog(dataDir);
    expect((await log.recover()).checkpoint).toEqual(sampleState(EVENTS));
    expect((await log.read({ limit: 1, order: 'forward' }))[0]?.seq).toBe(7_001);
    await log.close();
  });

  it('lets others go on in between', async () => {
    const dataDir = tempDir();
    await filled(dataDir);
    const log = await openSqliteEventLog(dataDir);
    let done = false;
    const retained = log
      .retain({ journalBefore: 1e9, journalBytes: 0, keepEvents: 1_000 })
      .finally(() => (done = true));
    let appended = 0;
    while (!done) {
      await log.append(EVENTS + appended, weightChanges(EVENTS + appended + 1, 1), []);
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
    const log = await openSqliteEventLog(dataDir);
    await log.retain({ journalBefore: 1e9, journalBytes: 0, keepEvents: 1_000 });
    await log.close();
    expect(statSync(path).size).toBeLessThan(before / 3);
    expect(pragma(path, 'freelist_count')).toBe(0);
  });

  it('that the log is closed over it fails, and the next one goes on', async () => {
    const dataDir = tempDir();
    await filled(dataDir);
    const log = await openSqliteEventLog(dataDir);
    const retained = log.retain({ journalBefore: 1e9, journalBytes: 0, keepEvents: 1_000 });
    await log.close();
    await expect(retained).rejects.toMatchObject({ kind: 'unavailable' });
    const again = await openSqliteEventLog(dataDir);
    await again.retain({ journalBefore: 1e9, journalBytes: 0, keepEvents: 1_000 });
    expect((await again.read({ limit: 1, order: 'forward' }))[0]?.seq).toBe(7_001);
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
