import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { useTempDirs } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

const QUICK = '--quick --scenario small-get --subjects tidegate-compat --requests 200';

function startBench(args: string, tmp: string): { child: ChildProcess; output: () => string } {
  const file = join(process.cwd(), 'dist/test/bench/bench.js');
  const child = spawn(process.execPath, [file, ...args.split(' ')], { env: { ...process.env, TMPDIR: tmp } });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output };
}

/** Processes whose command line names this directory. */
function processesOf(directory: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(directory);
      } catch {
        return false; // Ended meanwhile.
      }
    });
}

describe('the bench', () => {
  const tempDir = useTempDirs();

  it('measures Tidegate, writes the results and leaves nothing behind', async () => {
    const [tmp, out] = [tempDir(), join(tempDir(), 'results.json')];
    const { child, output } = startBench(`${QUICK} --json ${out}`, tmp);
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(output());
    const { results, skipped } = JSON.parse(readFileSync(out, 'utf8')) as {
      results: { subject: string; forwarding: { median: number } }[];
      skipped: unknown[];
    };
    expect(skipped).toEqual([]);
    expect(results.map(({ subject }) => subject)).toEqual(['tidegate-compat']);
    expect(results[0]?.forwarding.median).toBeGreaterThan(0);
    expect(output()).toContain('tidegate-compat');
    expect(readdirSync(tmp)).toEqual([]);
    await waitUntil('every process to be gone', () => processesOf(tmp).length === 0);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const tmp = tempDir();
    const { child } = startBench(`${QUICK} --rounds 1000 --requests 100000`, tmp);
    const exited = once(child, 'exit');
    await waitUntil('the bench to start Tidegate', () => processesOf(tmp).length > 0);
    child.kill('SIGINT');
    expect((await exited)[0]).toBe(130);
    await waitUntil('every process to be gone', () => processesOf(tmp).length === 0);
    expect(readdirSync(tmp)).toEqual([]);
  });
});
