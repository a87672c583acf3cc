/**
 * Workers as the first release stored them: a bare number, because there was one host, whose name was not kept. Lifts them
 * wherever they are within the data of an event or an entry of the journal.
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
