/** How long the metrics page of 10,000 backends keeps the primary's event loop to itself. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

interface Page {
  readonly turnMs: number;
  readonly delayMs: number;
  readonly bytes: number;
}

it('keeps the event loop for less than 20 ms at once', () => {
  const program = join(process.cwd(), 'dist/test/support/metrics-page-loop.js');
  const pages = JSON.parse(execFileSync(process.execPath, [program], { encoding: 'utf8' })) as Page[];
  const words = pages.map(({ turnMs, delayMs }) => `${turnMs.toFixed(1)} (loop ${delayMs.toFixed(1)})`);
  process.stdout.write(`longest turns in ms: ${words.join(', ')}\n`);
  expect(pages[0]?.bytes).toBeGreaterThan(10_000_000);
  // The first pages are made by code that is not compiled yet, and now and then all of the heap is marked.
  const turns = pages.map(({ turnMs }) => turnMs).toSorted((a, b) => a - b);
  expect(turns[Math.floor(turns.length / 2)]).toBeLessThan(20);
});
