/** Questions about a history of 1,000,000 events, and forgetting most of it, while the primary goes on. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Measured } from '../support/million-events-loop.js';
import { useTempDirs } from '../support/temp-dir.js';

interface Figures {
  readonly openMs: number;
  readonly now: Measured;
  readonly past: Measured;
  readonly pages: Measured;
  readonly retention: Measured;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

const LIMIT_MS = 900_000;
const tempDir = useTempDirs();

function middle(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Infinity;
}

it(
  'is answered in less than 100 ms, and keeps the loop for less than 20 ms at once',
  () => {
    const program = join(process.cwd(), 'dist/test/support/million-events-loop.js');
    const printed = execFileSync(process.execPath, [program, tempDir(), '1000000'], { encoding: 'utf8' });
    const figures = JSON.parse(printed) as Figures;
    const { now, past, pages, retention, bytesBefore, bytesAfter } = figures;
    for (const [name, { answersMs, turnMs, delayMs }] of Object.entries({ now, past, pages, retention })) {
      process.stdout.write(
        `${name}: answers ${middle(answersMs).toFixed(1)} ms, at most ${Math.max(...answersMs).toFixed(1)}; turns of up to ${turnMs.toFixed(1)} ms, loop delayed by up to ${delayMs.toFixed(1)}\n`,
      );
    }
    process.stdout.write(`opened in ${figures.openMs.toFixed(0)} ms; ${bytesBefore} → ${bytesAfter} bytes\n`);
    expect(middle(now.answersMs)).toBeLessThan(100);
    expect(middle(past.answersMs)).toBeLessThan(100);
    for (const { turnMs } of [now, past, pages, retention]) expect(turnMs).toBeLessThan(20);
    expect(bytesAfter).toBeLessThan(bytesBefore / 5);
  },
  LIMIT_MS,
);
