/**
 * Loaded into Tidegate's workers by the soak (NODE_OPTIONS): every ten seconds collects all garbage and writes down how
 * much heap is in use and what keeps the event loop alive. From outside only resident memory can be seen, which says little
 * about a leak of less than the heap's slack.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';

const directory = process.env['TIDEGATE_SOAK_PROBE'];
const EVERY_MS = Number(process.env['TIDEGATE_SOAK_PROBE_MS'] ?? 10_000);

function probe(): void {
  globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const heapResident = getHeapStatistics().total_physical_size;
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const line = JSON.stringify({ at: Date.now(), rss, heapUsed, heapResident, arrayBuffers, resources });
  appendFileSync(join(directory ?? '', `probe-${process.pid}.jsonl`), `${line}\n`);
}

// The primary loads it too, being Node with the same options; only workers forward.
if (directory !== undefined && process.argv[1]?.endsWith('data-plane/main.js') === true) {
  setInterval(probe, EVERY_MS).unref();
}
