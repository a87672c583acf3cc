/**
 * Workers outlive a primary that was killed, and go on forwarding. The next primary on the same data directory finds
 * them among the running processes, asks them to finish, and takes their place. Each worker names its data directory in
 * its arguments: a file of process numbers would be gone with the directory, and the port would then belong to nobody.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import type { Logger } from '#shared/ports.js';
import { placeOf } from '../event-log/directory-claim.js';
import { identityOf } from '../event-log/sqlite-place.js';
import { processFacts } from './process-facts.js';

const FLAG = '--data-dir';
/** The directory that a process has for its root: in a container it is another one than ours. */
const ROOT_OF = (pid: number): string => `/proc/${pid}/root`;
/** The file that workers run, in whichever directory a release lies. */
const WORKER_MAIN = /(?:^|\/)data-plane\/main\.js$/;

export interface Orphan {
  readonly pid: number;
  /** Start of the process in clock ticks since boot: with it a pid names one process only. */
  readonly ticks: string;
}

/** Arguments by which a worker is found again. */
export function workerArguments(dataDir: string): readonly string[] {
  return [FLAG, placeOf(dataDir)];
}

/**
 * The workers that a dead primary left behind and that still run. Only for the primary that holds the data directory:
 * then every worker of it that is not its own child is an orphan. Processes of other users are never taken for ours, nor
 * those that have another directory of the same name, as in a container whose processes we see.
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

/** It was stopped by a signal, and does nothing, not even end when it is asked to. */
export function isStopped(pid: number): boolean {
  return processFacts(pid)?.isStopped === true;
}

/** SIGTERM asks them to finish their requests and end. Who has ended meanwhile is passed over. */
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

/** Numbers of the processes of this user. None where the system has no /proc. */
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

/** Whether the place leads a process with this root where it leads us: to the same directory, or both to none. */
function seesSame(place: string, root: string): boolean {
  try {
    const [ours, theirs] = [identityOf(place), identityOf(`${root}${place}`)];
    return ours?.ino === theirs?.ino && ours?.dev === theirs?.dev;
  } catch {
    return false; // We may not look: better leave it alone.
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // The process has ended.
  }
}
