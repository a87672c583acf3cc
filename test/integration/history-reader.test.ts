/** Questions about history over a real file of 50,000 events: from few rows, by index, in a thread. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { HistoryLog } from '../../control-plane/event-log/checkpoints.js';
import type { EventQuery } from '../../control-plane/event-log/event-log.js';
import type { LogStorage } from '../../control-plane/event-log/log-storage.js';
import { NO_TAIL, type LogTail } from '../../control-plane/event-log/read-with-tail.js';
import { openSqliteStorage } from '../../control-plane/event-log/sqlite-storage.js';
import { EVENT_LOG_FILE } from '../../control-plane/event-log/sqlite-file.js';
import {
  countSql,
  drivesOf,
  PAGE_ROWS,
  pageSql,
  readRows,
  SEQ_AT_SQL,
  type EventRow,
} from '../../control-plane/event-log/sqlite-query.js';
import { Hindsight, MAX_HANDED_OVER } from '../../control-plane/hindsight/hindsight.js';
import { HistoryBusy, ReaderDied, type History } from '../../control-plane/hindsight/history.js';
import { HistoryReader, MAX_QUESTIONS } from '../../control-plane/hindsight/reader.js';
import { backendId } from '../../shared/ids.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import { POOL, type Story } from '../support/domain.js';
import { changeWeight, writeLongHistory } from '../support/long-history.js';
import { useTempDirs } from '../support/temp-dir.js';
import { HOST } from '../support/workers.js';

const EVENTS = 50_000;
// Threads run what is built.
const THREAD = pathToFileURL(join(process.cwd(), 'dist/control-plane/hindsight/reader-thread.js'));
const MORTAL = new URL(
  'data:text/javascript,import{parentPort}from"node:worker_threads";parentPort.on("message",()=>process.exit(3))',
);
const SILENT = new URL(
  'data:text/javascript,import{parentPort}from"node:worker_threads";parentPort.on("message",()=>{})',
);

const tempDir = useTempDirs();
const readers: HistoryReader[] = [];
let dataDir: string;
let log: LogStorage;
let told: Story;

beforeAll(async () => {
  dataDir = tempDir();
  log = await openSqliteStorage(dataDir);
  told = await writeLongHistory(log, { events: EVENTS, backends: 20, quiet: 1 });
});
afterEach(async () => {
  for (const reader of readers.splice(0)) await reader.close();
});
afterAll(async () => log.close());

function reader(thread: URL = THREAD, dir = dataDir): HistoryReader {
  const made = new HistoryReader({ dataDir: dir, timers: systemTimers, thread });
  readers.push(made);
  return made;
}

function history(
  by: HistoryReader | null,
  tail: () => LogTail = () => NO_TAIL,
  on: HistoryLog = log,
): History {
  return new Hindsight({
    teller: { host: HOST, inFleet: false },
    log: on,
    world: () => told.world,
    tail,
    reader: by,
  });
}

function about(name: string, at = told.at) {
  return { pool: POOL, backend: backendId(name), at };
}

/** How many events a log gives out. */
function counted(): { readonly log: HistoryLog; readonly events: () => number } {
  let events = 0;
  const read = async (query: EventQuery) => {
    const found = await log.events.read(query);
    events += found.length;
    return found;
  };
  const wrapped: HistoryLog = {
    events: { read, count: (of) => log.events.count(of), seqAt: (at) => log.events.seqAt(at) },
    checkpoints: log.checkpoints,
  };
  return { log: wrapped, events: () => events };
}

const QUERIES: readonly (readonly [string, EventQuery])[] = [
  ['all', { limit: 100, order: 'backward' }],
  ['a backend', { pool: POOL, backend: backendId('b3'), limit: 100, order: 'backward' }],
  ['a pool itself', { pool: POOL, backend: null, limit: 100, order: 'backward' }],
  ['a pool', { pool: POOL, limit: 100, order: 'forward' }],
  ['a type', { types: ['PoolSettingsChanged'], limit: 100, order: 'backward' }],
  ['types', { types: ['BackendAdded', 'BackendBecameHealthy'], limit: 100, order: 'backward' }],
  [
    'an addition',
    { pool: POOL, backend: backendId('b3'), types: ['BackendAdded'], limit: 1, order: 'backward' },
  ],
  [
    'a verdict',
    { pool: POOL, backend: backendId('b3'), types: ['BackendBecameUnhealthy'], limit: 1, order: 'backward' },
  ],
];

describe('what is asked of the file', () => {
  it.each(QUERIES)('%s: is found by an index, without a sort, page by page', (_name, query) => {
    const db = new DatabaseSync(join(dataDir, EVENT_LOG_FILE), { readOnly: true });
    for (const drive of drivesOf(query)) {
      const plan = db
        .prepare(`EXPLAIN QUERY PLAN ${pageSql(drive, query.order)}`)
        .all(...drive.values, 0, EVENTS, 10)
        .map((row) => String(row['detail']));
      expect(plan).toHaveLength(1);
      expect(plan[0]).toMatch(/^SEARCH events USING (?:INDEX|INTEGER PRIMARY KEY)/);
    }
    let most = 0;
    const rows = readRows(query);
    for (let step = rows.next([]); step.done !== true;) {
      const { sql, values } = step.value;
      const page: readonly EventRow[] = db.prepare(sql).all(...values);
      most = Math.max(most, page.length);
      step = rows.next(page);
    }
    expect(most).toBeLessThanOrEqual(PAGE_ROWS);
    db.close();
  });

  it('numbers and counts come from indexes alone', () => {
    const db = new DatabaseSync(join(dataDir, EVENT_LOG_FILE), { readOnly: true });
    for (const backend of [null, backendId('b3')]) {
      const { sql, values } = countSql({ pool: POOL, backend });
      const [plan] = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values, 0, EVENTS);
      expect(plan?.['detail']).toContain('USING COVERING INDEX events_backend');
    }
    const [plan] = db.prepare(`EXPLAIN QUERY PLAN ${SEQ_AT_SQL}`).all(0);
    expect(plan?.['detail']).toContain('USING COVERING INDEX events_at');
    db.close();
  });

  it('why reads some hundred events of 50,000, now and for any time', async () => {
    const now = counted();
    const answer = await history(null, () => NO_TAIL, now.log).why(about('b3'));
    expect(now.events()).toBeLessThan(250);
    expect(answer).toMatchObject({
      availability: told.backend('b3').health === 'healthy' ? 'available' : 'unhealthy',
    });
    expect(answer?.steps[0]?.type).toBe('BackendAdded');
    expect((answer?.omitted ?? 0) + (answer?.steps.length ?? 0)).toBeGreaterThan(2_000);
    const [middle] = await log.events.read({ after: EVENTS / 2, limit: 1, order: 'forward' });
    const then = counted();
    const before = await history(null, () => NO_TAIL, then.log).why(about('b3', middle?.at));
    // The fold from the checkpoint before is part of it: there is one for every 2,000 events.
    expect(then.events()).toBeLessThan(2_300);
    expect(before?.steps.at(-1)?.at).toBeLessThanOrEqual(middle?.at ?? 0);
  });

  it('what a backend that is quiet stands for is found however long ago it was', async () => {
    const { log: few, events } = counted();
    const answer = await history(null, () => NO_TAIL, few).why(about('b0'));
    expect(answer?.headline).toMatch(/^b0 is available since .*: became healthy: 1 check passed/);
    expect(events()).toBeLessThan(250);
  });
});

describe('the reader', () => {
  it('answers in its thread what would be answered here', async () => {
    const [here, aside] = [history(null), history(reader())];
    const times = [told.at, told.at - 5_000_000, 0, told.at + 60_000];
    for (const name of ['b0', 'b7', 'nobody']) {
      for (const at of times) {
        expect(await aside.why(about(name, at))).toEqual(await here.why(about(name, at)));
      }
    }
    for (const [, query] of QUERIES) {
      const large = { ...query, limit: 600 };
      expect(await aside.events(large)).toEqual(await here.events(large));
    }
  });

  it('sees what was appended a moment ago, and what waits to be stored', async () => {
    const aside = history(reader());
    const before = told.world.state.seq;
    changeWeight(told, 'b5', 70);
    await log.events.append(before, told.events.splice(0));
    expect((await aside.why(about('b5')))?.steps.at(-1)?.sentence).toMatch(/weight 1 → 70/);
    changeWeight(told, 'b5', 71);
    const waiting = told.events.splice(0);
    const late = history(reader(), () => ({ base: null, events: waiting }));
    const answer = await late.why(about('b5'));
    expect(answer?.steps.at(-1)?.sentence).toMatch(/weight 70 → 71/);
    const page = await late.events({ pool: POOL, backend: backendId('b5'), limit: 300, order: 'backward' });
    expect(page[0]?.seq).toBe(told.world.state.seq);
    await log.events.append(before + 1, waiting);
  });

  it('is not handed thousands of events that wait to be stored with each question', async () => {
    changeWeight(told, 'b5', 72);
    const waiting = told.events.splice(0);
    const [last] = waiting;
    const many = Array.from({ length: MAX_HANDED_OVER + 1 }, () => last!);
    const silent = history(reader(SILENT), () => ({ base: null, events: many }));
    expect((await silent.why(about('b5')))?.steps.at(-1)?.sentence).toMatch(/weight 71 → 72/);
    await log.events.append(told.world.state.seq - 1, waiting);
  });

  it('does not keep the log from being written', async () => {
    const aside = history(reader());
    const questions = Array.from({ length: 20 }, (_, i) =>
      aside.why(about(`b${i % 20}`, told.at - i * 1_000)),
    );
    for (let i = 0; i < 20; i += 1) {
      const before = told.world.state.seq;
      changeWeight(told, 'b2', 200 + i);
      await log.events.append(before, told.events.splice(0));
    }
    expect((await Promise.all(questions)).every((answer) => answer !== null)).toBe(true);
  });

  it('whose thread dies fails what was asked, and answers the next question in another', async () => {
    const mortal = history(reader(MORTAL));
    await expect(mortal.why(about('b1'))).rejects.toBeInstanceOf(ReaderDied);
    await expect(mortal.why(about('b1'))).rejects.toThrow('it ended');
  });

  it('takes a bounded number of questions', async () => {
    const full = reader(SILENT);
    const asked = Array.from({ length: MAX_QUESTIONS }, () => history(full).why(about('b1')));
    await expect(history(full).why(about('b1'))).rejects.toBeInstanceOf(HistoryBusy);
    const ends = Promise.allSettled(asked);
    await full.close();
    expect((await ends).every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('answers here what its thread cannot read, be there no file or another', async () => {
    const answer = await history(reader(THREAD, join(dataDir, 'none'))).why(about('b1'));
    expect(answer?.steps.length).toBeGreaterThan(0);
    const otherDir = tempDir();
    const other = await openSqliteStorage(otherDir);
    expect(await history(reader(THREAD, otherDir)).why(about('b1'))).toEqual(answer);
    await other.close();
  });
});
