/** Workers that outlive their primary, as real processes: found again, asked to end, never mistaken for others. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endOrphans, findOrphans, workerArguments } from '../../control-plane/workers/orphans.js';
import { silence } from '../support/silence.js';
import { useTempDirs } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

const newDirectory = useTempDirs();
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that lives until it is told to end, started by another one that has ended: its parent is not this one. */
async function lonelyProcess(args: readonly string[], script = 'data-plane/main.js'): Promise<number> {
  const main = join(newDirectory(), script);
  mkdirSync(join(main, '..'), { recursive: true });
  writeFileSync(main, 'setInterval(() => {}, 1e6); console.log(process.pid);');
  const parent = spawn('/bin/sh', ['-c', '"$@" &', 'sh', process.execPath, main, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  parent.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await waitUntil('the process', () => text.includes('\n'));
  const pid = Number(text);
  lonely.push(pid);
  return pid;
}

const lonely: number[] = [];
afterEach(() => {
  for (const pid of lonely.splice(0)) if (runs(pid)) process.kill(pid, 'SIGKILL');
});

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const pidsOf = (dataDir: string) => findOrphans(dataDir).map(({ pid }) => pid);

// Orphans are found in /proc; where there is none, none are found, and there is nothing to ask.
const describeWithProc = existsSync('/proc/self/stat') ? describe : describe.skip;

describeWithProc('orphaned workers', () => {
  it('are found by the data directory that they name, and asked to end', async () => {
    const directory = newDirectory();
    const pids = [
      await lonelyProcess(workerArguments(directory)),
      await lonelyProcess(workerArguments(directory)),
    ];
    const orphans = findOrphans(directory);
    expect(new Set(orphans.map(({ pid }) => pid))).toEqual(new Set(pids));
    endOrphans(orphans, 'SIGTERM', silence);
    await waitUntil('both to end', () => !pids.some(runs));
    expect(findOrphans(directory)).toEqual([]);
  });

  it('are found though their data directory is gone, or is reached by another name', async () => {
    const directory = join(newDirectory(), 'data');
    mkdirSync(directory);
    const pid = await lonelyProcess(workerArguments(directory));
    const link = join(newDirectory(), 'link');
    symlinkSync(directory, link);
    expect(pidsOf(link)).toEqual([pid]);
    rmSync(directory, { recursive: true });
    expect(pidsOf(directory)).toEqual([pid]);
  });

  it('are not those of another data directory, nor other programs that name this one', async () => {
    const directory = newDirectory();
    await lonelyProcess(workerArguments(newDirectory()));
    await lonelyProcess(workerArguments(directory), 'backup.js');
    await lonelyProcess(['--keep', ...workerArguments(directory)]);
    expect(pidsOf(directory)).toEqual([]);
  });

  it('are not those for whom the name leads to another directory, as in a container', async () => {
    const [directory, root] = [newDirectory(), newDirectory()];
    const pid = await lonelyProcess(workerArguments(directory));
    const inContainer = () => findOrphans(directory, () => root);
    expect(inContainer()).toEqual([]);
    mkdirSync(join(root, directory), { recursive: true });
    expect(inContainer()).toEqual([]);
    expect(pidsOf(directory)).toEqual([pid]);
  });

  it('are not the workers of this very process', async () => {
    const directory = newDirectory();
    const main = join(newDirectory(), 'data-plane', 'main.js');
    mkdirSync(join(main, '..'));
    writeFileSync(main, 'setInterval(() => {}, 1e6); console.log("up");');
    const child = spawn(process.execPath, [main, ...workerArguments(directory)], { stdio: 'pipe' });
    children.push(child);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(pidsOf(directory)).toEqual([]);
  });

  it('are not mistaken for a later process with the same number', async () => {
    const directory = newDirectory();
    const pid = await lonelyProcess(workerArguments(directory));
    const earlier = findOrphans(directory).map((one) => ({ ...one, ticks: String(Number(one.ticks) - 1) }));
    endOrphans(earlier, 'SIGKILL', silence);
    expect(pidsOf(directory)).toEqual([pid]);
  });
});
