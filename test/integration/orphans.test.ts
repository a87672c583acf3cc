/** Workers that outlive their primary, as real processes: found again, asked to end, never mistaken for others. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  endOrphans,
  findOrphans,
  forgetWorkers,
  recordWorkers,
} from '../../control-plane/workers/orphans.js';
import { silence } from '../support/silence.js';
import { useTempDirs } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

const newDirectory = useTempDirs();
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that lives until it is told to end. */
async function someProcess(): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6); process.send("up")'], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  children.push(child);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('message', () => resolve());
  child.once('error', reject);
  await promise;
  const { pid } = child;
  if (pid === undefined) throw new Error('no process');
  return { child, pid };
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Asks all orphans to end; answers how many there were. */
function retireOrphans(directory: string): number {
  const orphans = findOrphans(directory);
  endOrphans(orphans, 'SIGTERM', silence);
  return orphans.length;
}

// Orphans are told apart by the start times in /proc; where there is none, none are found, and there is nothing to ask.
const itWithProc = existsSync('/proc/self/stat') ? it : it.skip;

describe('orphaned workers', () => {
  itWithProc('are asked to end, each once', async () => {
    const directory = newDirectory();
    const [first, second] = [await someProcess(), await someProcess()];
    recordWorkers(directory, [first.pid, second.pid], silence);
    expect(retireOrphans(directory)).toBe(2);
    await waitUntil('both to end', () => ended(first.child) && ended(second.child));
    expect(first.child.signalCode).toBe('SIGTERM');
    expect(retireOrphans(directory)).toBe(0);
  });

  itWithProc('are not mistaken for a later process with the same number', async () => {
    const directory = newDirectory();
    const { child, pid } = await someProcess();
    recordWorkers(directory, [pid], silence);
    const file = join(directory, 'workers.json');
    const recorded = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; ticks: string }[];
    const earlier = recorded.map((one) => ({ ...one, ticks: String(Number(one.ticks) - 1) }));
    writeFileSync(file, JSON.stringify(earlier));
    expect(retireOrphans(directory)).toBe(0);
    expect(ended(child)).toBe(false);
  });

  itWithProc('are not taken from a file that everybody may write to, nor from a link', async () => {
    const directory = newDirectory();
    const { child, pid } = await someProcess();
    recordWorkers(directory, [pid], silence);
    const file = join(directory, 'workers.json');
    chmodSync(file, 0o666);
    expect(retireOrphans(directory)).toBe(0);
    chmodSync(file, 0o600);
    renameSync(file, join(directory, 'elsewhere'));
    symlinkSync(join(directory, 'elsewhere'), file);
    expect(retireOrphans(directory)).toBe(0);
    expect(ended(child)).toBe(false);
  });

  itWithProc('are recorded beside a link that somebody left, not through it', async () => {
    const directory = newDirectory();
    const victim = join(directory, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(directory, 'workers.json.new'));
    const { pid } = await someProcess();
    recordWorkers(directory, [pid], silence);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(retireOrphans(directory)).toBe(1);
  });

  itWithProc('are those recorded last; processes that are gone are left out', async () => {
    const directory = newDirectory();
    const [first, second] = [await someProcess(), await someProcess()];
    recordWorkers(directory, [first.pid, 2 ** 22 + 1], silence);
    recordWorkers(directory, [second.pid], silence);
    expect(retireOrphans(directory)).toBe(1);
    await waitUntil('the second to end', () => ended(second.child));
    expect(ended(first.child)).toBe(false);
  });

  it('are none after an orderly end', async () => {
    const directory = newDirectory();
    const { child, pid } = await someProcess();
    recordWorkers(directory, [pid], silence);
    forgetWorkers(directory);
    forgetWorkers(directory);
    expect(retireOrphans(directory)).toBe(0);
    expect(ended(child)).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['half a file', '[{"pid":'],
    ['something else', '{"pid":1}'],
    [
      'numbers that are no workers',
      '[{"pid":1,"ticks":"0"},{"pid":-5,"ticks":"0"},{"pid":0.5,"ticks":"1"},7,null]',
    ],
    ['far too many', JSON.stringify(Array.from({ length: 2_000 }, () => ({ pid: process.pid, ticks: '0' })))],
  ])('are none in a file that holds %s', (_name, text) => {
    const directory = newDirectory();
    writeFileSync(join(directory, 'workers.json'), text);
    expect(retireOrphans(directory)).toBe(0);
  });

  it('need not be recorded: a directory that is gone ends nobody', () => {
    const nowhere = join(newDirectory(), 'gone');
    expect(() => recordWorkers(nowhere, [process.pid], silence)).not.toThrow();
    expect(retireOrphans(nowhere)).toBe(0);
  });
});
