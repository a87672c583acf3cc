/**
 * Workers outlive a primary that was killed, and go on forwarding. The next primary on the same data directory finds
 * them by a file of process numbers, asks them to finish, and takes their place.
 */
import { constants, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '#shared/ports.js';

const FILE = 'workers.json';
/** Workers recorded at most; more than this in a file means that it is not ours. */
const MAX_RECORDED = 1_024;

export interface Orphan {
  readonly pid: number;
  /** Start of the process in clock ticks since boot: with it a pid names one process only. */
  readonly ticks: string;
}

/** Start time of a process, or `null` if there is none (or the system does not tell). */
function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses and may hold anything, so count from the last parenthesis.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null; // No such process, or no /proc on this system: nothing can be said of it.
  }
}

/**
 * Writes down the workers that run now, so that a later primary can find them. What cannot be written is only logged:
 * a full disk must not end a primary whose workers forward.
 */
export function recordWorkers(dataDir: string, pids: readonly number[], logger: Logger): void {
  const recorded: Orphan[] = [];
  for (const pid of pids) {
    const ticks = startTicks(pid);
    if (ticks !== null) recorded.push({ pid, ticks });
  }
  const path = join(dataDir, FILE);
  try {
    // Made anew, so that a link somebody put there is not followed.
    rmSync(`${path}.new`, { force: true });
    writeFileSync(`${path}.new`, JSON.stringify(recorded), { mode: 0o600, flag: 'wx' });
    renameSync(`${path}.new`, path);
  } catch (error) {
    logger.error(
      { path, err: error },
      'workers not recorded: a next primary will not find them if this one is killed',
    );
  }
}

/** All workers have ended in order: there will be no orphans. */
export function forgetWorkers(dataDir: string): void {
  rmSync(join(dataDir, FILE), { force: true });
}

/** The workers that a dead primary left behind and that still run. */
export function findOrphans(dataDir: string): readonly Orphan[] {
  return readRecorded(dataDir).filter(isRunning);
}

/** SIGTERM asks them to finish their requests and end. Who has ended meanwhile is passed over. */
export function endOrphans(orphans: readonly Orphan[], signal: 'SIGTERM' | 'SIGKILL', logger: Logger): void {
  for (const orphan of orphans.filter(isRunning)) {
    try {
      process.kill(orphan.pid, signal);
    } catch (error) {
      logger.debug({ pid: orphan.pid, err: error }, 'orphaned worker ended by itself');
    }
  }
}

function isRunning({ pid, ticks }: Orphan): boolean {
  return startTicks(pid) === ticks;
}

function readRecorded(dataDir: string): readonly Orphan[] {
  let parsed: unknown;
  const path = join(dataDir, FILE);
  try {
    if (!isOurs(path)) return [];
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return []; // Absent after an orderly shutdown; unreadable only if it is not ours.
  }
  if (!Array.isArray(parsed) || parsed.length > MAX_RECORDED) return [];
  return parsed.filter(isRecorded);
}

/**
 * In a directory that others may write to, they could name processes of ours to be ended: only a file that we made, and
 * that not everybody may write to, is believed. Throws when there is none.
 */
function isOurs(path: string): boolean {
  const { uid, mode } = lstatSync(path);
  const isRegular = (mode & constants.S_IFMT) === constants.S_IFREG;
  return isRegular && (mode & 0o002) === 0 && (process.getuid === undefined || uid === process.getuid());
}

function isRecorded(value: unknown): value is Orphan {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    Number.isSafeInteger(value.pid) &&
    typeof value.pid === 'number' &&
    value.pid > 1 &&
    'ticks' in value &&
    typeof value.ticks === 'string'
  );
}
