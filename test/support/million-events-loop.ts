/**
 * A program of its own, run by `test/long/history-of-a-million-events.long.ts`: writes a long history into the directory
 * given, then plays a primary that appends 100 events a second, asks about history, and forgets what is too old. Prints
 * as JSON how long answers took and how long the event loop was kept at once, in processor time of its thread, which other
 * programs of the machine do not lengthen, and as the loop's delay.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogStorage } from '../../control-plane/event-log/log-storage.js';
import { retain } from '../../control-plane/event-log/retain.js';
import { NO_TAIL } from '../../control-plane/event-log/read-with-tail.js';
import { openSqliteStorage } from '../../control-plane/event-log/sqlite-storage.js';
import { EVENT_LOG_FILE } from '../../control-plane/event-log/sqlite-file.js';
import { Hindsight } from '../../control-plane/hindsight/hindsight.js';
import { HistoryReader } from '../../control-plane/hindsight/reader.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import { backendId } from '../../shared/ids.js';
import { POOL, type Story } from './domain.js';
import { changeWeight, writeLongHistory } from './long-history.js';
import { HOST } from './workers.js';

const [dataDir = '', count = '1000000'] = process.argv.slice(2);
const BACKENDS = 50;
const QUESTIONS = 60;
const APPEND_EVERY_MS = 10;
const KEEP_EVENTS = 100_000;

export interface Measured {
  readonly answersMs: readonly number[];
  /** Longest stretch of processor time between two ticks of a millisecond. */
  readonly turnMs: number;
  readonly delayMs: number;
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** Does `work` while events are appended. `work` answers how long each of its answers took. */
async function measured(
  log: LogStorage,
  told: Story,
  work: () => Promise<readonly number[]>,
): Promise<Measured> {
  let appending = true;
  const appends = (async () => {
    for (let weight = 1; appending; weight = 1 + (weight % 100)) {
      const before = told.world.state.seq;
      changeWeight(told, 'b1', weight);
      await log.events.append(before, told.events.splice(0));
      await pause(APPEND_EVERY_MS);
    }
  })();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let turnMs = 0;
  let last = threadMs();
  const tick = setInterval(() => {
    const now = threadMs();
    turnMs = Math.max(turnMs, now - last);
    last = now;
  }, 1);
  const answersMs = await work();
  clearInterval(tick);
  delay.disable();
  appending = false;
  await appends;
  return { answersMs, turnMs, delayMs: delay.max / 1_000_000 };
}

async function timed(count: number, ask: (i: number) => Promise<unknown>): Promise<readonly number[]> {
  const took: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const began = performance.now();
    if ((await ask(i)) === null) throw new Error('no answer');
    took.push(performance.now() - began);
  }
  return took;
}

const path = join(dataDir, EVENT_LOG_FILE);
const writing = await openSqliteStorage(dataDir);
const told = await writeLongHistory(writing, { events: Number(count), backends: BACKENDS, quiet: 1 });
await writing.close();
const began = performance.now();
const log = await openSqliteStorage(dataDir);
const openMs = performance.now() - began;
const reader = new HistoryReader({ dataDir, timers: systemTimers });
const history = new Hindsight({
  teller: { host: HOST, inFleet: false },
  log,
  world: () => told.world,
  tail: () => NO_TAIL,
  reader,
});
const about = (i: number, ago: number) => ({
  pool: POOL,
  backend: backendId(`b${i % BACKENDS}`),
  at: told.at - ago,
});
const from = told.at - 10_000_000;
// The thread begins with the first question, and its code is compiled.
await timed(10, (i) => history.why(about(i, i * 1_000_000)));

const now = await measured(log, told, () => timed(QUESTIONS, (i) => history.why(about(i, 0))));
const past = await measured(log, told, () =>
  timed(QUESTIONS, (i) => history.why({ ...about(i, 0), at: from + i * 100_000 })),
);
const pages = await measured(log, told, () =>
  timed(QUESTIONS, (i) => history.events({ limit: 1_001, after: i * 1_000, order: 'forward' })),
);
const bytesBefore = statSync(path).size;
const retention = await measured(log, told, () =>
  timed(1, () =>
    retain(log, { journal: { before: 0, bytes: 1e12 }, keepEvents: KEEP_EVENTS }).then(() => true),
  ),
);
await reader.close();
await log.close();
process.stdout.write(
  JSON.stringify({ openMs, now, past, pages, retention, bytesBefore, bytesAfter: statSync(path).size }),
);
