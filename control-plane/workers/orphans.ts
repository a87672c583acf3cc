/**
 * Finds and ends orphans: workers that outlived a primary that was killed, and that still forward. The next primary on the
 * same data directory finds them among the running processes, asks them to finish and takes their place. Each worker names
 * its data directory in its arguments. A file of process numbers would not do, because it could be deleted with the
 * directory, and the next primary would not know which processes hold the port.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import type { Logger } from '#shared/ports.js';
import { placeOf } from '../event-log/directory-claim.js';
import { identityOf } from '../event-log/sqlite-place.js';
import { processFacts } from './process-facts.js';

const FLAG = '--data-dir';
/** The root directory of a process. In a container it differs from ours. */
const ROOT_OF = (pid: number): string => `/proc/${pid}/root`;
/** The main file of a worker, wherever a release is installed. */
const WORKER_MAIN = /(?:^|\/)data-plane\/main\.js$/;

export interface Orphan {
  readonly pid: number;
  /** Start of the process in clock ticks since boot. Together with it, a pid identifies one process only. */
  readonly ticks: string;
}

/** Arguments by which a later primary recognises the worker. */
export function workerArguments(dataDir: string): readonly string[] {
  return [FLAG, placeOf(dataDir)];
}

/**
 * Finds the workers that a dead primary left behind and that still run. Only the primary that holds the data directory may
 * call this, because then every worker of the directory that is not its own child is an orphan. Processes of other users are
 * left out. So are processes that see another directory under the same name, as in a container.
 */
export function findOrphans(dataDir: string, rootOf = ROOT_OF): readonly Orphan[] {
  const place = placeOf(dataDir);
  const orphans: Orphan[] = [];
  for (const pid of ownProcesses()) {
    const isOurs = isWorkerOf(pid, place) && seesSame(place, rootOf(pid));
    const facts = isOurs ? processFacts(pid) : null;
    if (facts !== null && facts.parent !== process.pid) orphans.push({ pid, ticks: facts.startTicks });
  }
  return orphans;
}

/** Whether a signal has stopped the process. A stopped process does not even end on SIGTERM. */
export function isStopped(pid: number): boolean {
  return processFacts(pid)?.isStopped === true;
}

/** Sends the signal to the orphans that still run. On SIGTERM a worker finishes its requests and ends. */
export function endOrphans(orphans: readonly Orphan[], signal: 'SIGTERM' | 'SIGKILL', logger: Logger): void {
  for (const { pid, ticks } of orphans) {
    if (processFacts(pid)?.startTicks !== ticks) continue;
    try {
      process.kill(pid, signal);
    } catch (error) {
      logger.debug({ pid, err: error }, 'orphaned worker ended by itself');
    }
  }
}

/** Pids of the processes of this user. Empty if the system has no `/proc`. */
function* ownProcesses(): Iterable<number> {
  for (const name of names('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const owner = statSync(`/proc/${name}`, { throwIfNoEntry: false })?.uid;
    if (owner !== undefined && owner === process.getuid?.()) yield Number(name);
  }
}

function names(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isWorkerOf(pid: number, place: string): boolean {
  const words = read(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
  const main = words.findIndex((word) => WORKER_MAIN.test(word));
  return main >= 0 && words[main + 1] === FLAG && words[main + 2] === place;
}

/** Whether the path leads to the same directory under this root as under ours, or to none under both. */
function seesSame(place: string, root: string): boolean {
  try {
    const [ours, theirs] = [identityOf(place), identityOf(`${root}${place}`)];
    return ours?.ino === theirs?.ino && ours?.dev === theirs?.dev;
  } catch {
    return false; // We may not look into that root, so the process is left alone.
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // The process has ended.
  }
}
