/**
 * Lifts workers of the first release, which stored only a number because there was one host. Finds them anywhere in the data
 * of an event or a journal entry. The name of the host stays empty.
 */
import type { WorkerId } from './worker-id.js';

export function withWorkerIds(stored: unknown): unknown {
  if (Array.isArray(stored)) return stored.map(withWorkerIds);
  if (typeof stored !== 'object' || stored === null) return stored;
  return Object.fromEntries(Object.entries(stored).map(([key, value]) => [key, lifted(key, value)]));
}

function lifted(key: string, value: unknown): unknown {
  const isWorker = key === 'worker' || key === 'lastWorker';
  if (isWorker && typeof value === 'number') return onlyHost(value);
  if (key !== 'workers' || !Array.isArray(value)) return withWorkerIds(value);
  return value.map((worker: unknown) => (typeof worker === 'number' ? onlyHost(worker) : worker));
}

function onlyHost(n: number): WorkerId {
  return { host: '', n };
}
