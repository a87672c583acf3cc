/** CPU time and memory of processes that run, from /proc. A process that is gone counts as nothing. */
import { readFileSync, readdirSync } from 'node:fs';
import {
  type ProcessStat,
  descendantsOf,
  parseCpuList,
  parseResidentBytes,
  parseSchedstat,
  parseStat,
} from './proc-files.js';

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null; // The process or thread has ended meanwhile.
  }
}

/** Clock ticks per second: 100 on every Linux that Node runs on (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/**
 * User and system time of a process so far, in microseconds: the sum over its threads to the nanosecond where the
 * kernel tells it, else `utime + stime` in ticks of (mostly) 10 ms. A thread that ends takes its share away; none of
 * the proxies measured ends threads under load.
 */
export function cpuMicroseconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of threadsOf(pid)) {
    nanoseconds += parseSchedstat(readOrNull(`/proc/${pid}/task/${thread}/schedstat`) ?? '') ?? 0;
  }
  if (nanoseconds > 0) return nanoseconds / 1000;
  const stat = parseStat(readOrNull(`/proc/${pid}/stat`) ?? '');
  return stat === null ? 0 : (stat.cpuTicks / TICKS_PER_SECOND) * 1_000_000;
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // As above.
  }
}

export function residentBytes(pid: number): number {
  return parseResidentBytes(readOrNull(`/proc/${pid}/status`) ?? '');
}

export function childrenOf(root: number): number[] {
  const processes: ProcessStat[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = parseStat(readOrNull(`/proc/${entry}/stat`) ?? '');
    if (stat !== null) processes.push(stat);
  }
  return descendantsOf(root, processes);
}

/** The cores that this process may run on. */
export function allowedCpus(): number[] {
  const line = /^Cpus_allowed_list:\s+(.*)$/m.exec(readOrNull('/proc/self/status') ?? '');
  return parseCpuList(line?.[1] ?? '');
}
