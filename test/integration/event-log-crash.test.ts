import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { LogStorage } from '../../control-plane/event-log/log-storage.js';
import { openSqliteStorage } from '../../control-plane/event-log/sqlite-storage.js';
import { seededRandom } from '../../shared/prng.js';
import { weightChanges } from '../support/sample-events.js';
import { useTempDirs } from '../support/temp-dir.js';

const APPEND_LOOP = join(process.cwd(), 'dist/test/support/append-loop.js');

interface Run {
  readonly lines: readonly string[];
  /** Number of the last event acknowledged. */
  readonly acknowledged: number;
}

/** Lets a process append until it has printed `lines` lines or ends by itself, then kills it in the middle of its work. */
async function appendUntilKilled(child: ChildProcess, lines: number): Promise<Run> {
  const printed: string[] = [];
  const gone = new Promise((resolve) => child.once('close', resolve));
  if (child.stdout === null) throw new Error('no output');
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    printed.push(line);
    if (printed.length >= lines) child.kill('SIGKILL');
  });
  await gone;
  const acknowledged = Number(printed.findLast((line) => /^\d+$/.test(line)) ?? 0);
  return { lines: printed, acknowledged };
}

function run(dataDir: string): ChildProcess {
  return spawn(process.execPath, [APPEND_LOOP, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function seqs(log: LogStorage): Promise<number[]> {
  return (await log.events.read({ limit: 10_000, order: 'forward' })).map((event) => event.seq);
}

describe('an event log whose process is killed', () => {
  const tempDir = useTempDirs();
  const open = (dataDir: string): Promise<LogStorage> => openSqliteStorage(dataDir);

  it('holds every event that was acknowledged, ten times over, and can be opened at once', async () => {
    const random = seededRandom(20_261);
    const dataDir = tempDir();
    for (let round = 0; round < 10; round++) {
      const { lines, acknowledged } = await appendUntilKilled(run(dataDir), 1 + Math.floor(random() * 80));
      expect(lines.filter((line) => line.startsWith('failed'))).toEqual([]);
      const log = await open(dataDir);
      const found = await seqs(log);
      expect(found).toEqual(found.map((_, index) => index + 1));
      expect(found.length).toBeGreaterThanOrEqual(acknowledged);
      expect(acknowledged).toBeGreaterThan(0);
      expect(await log.events.read({ limit: 10_000, order: 'forward' })).toEqual(
        weightChanges(1, found.length),
      );
      await log.close();
    }
  });

  it('cannot be opened by a second process while the first lives', async () => {
    const dataDir = tempDir();
    const child = run(dataDir);
    const gone = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    await expect(open(dataDir)).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringContaining(dataDir),
    });
    child.kill('SIGKILL');
    await gone;
    await (await open(dataDir)).close();
  });

  it('keeps what was acknowledged when the disk takes no more, and says so', async () => {
    const dataDir = tempDir();
    // A limit on the size of files, in blocks of 512 bytes, stands for a full disk; Node ignores SIGXFSZ.
    const child = spawn(
      'sh',
      ['-c', 'ulimit -f 600; exec "$@"', 'sh', process.execPath, APPEND_LOOP, dataDir],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const { lines, acknowledged } = await appendUntilKilled(child, 100_000);
    expect(lines.at(-1)).toMatch(/^failed unavailable: .*events\.db cannot be used/);
    const log = await open(dataDir);
    expect(await seqs(log)).toHaveLength(acknowledged);
    expect(acknowledged).toBeGreaterThan(10);
    await log.events.append(acknowledged, weightChanges(acknowledged + 1, 1));
    await log.close();
  });
});
