/** Reads the facts about a process from `/proc`. Systems without `/proc` give none. */
import { readFileSync } from 'node:fs';

/** Clock ticks per second in `/proc`. Linux always reports 100 to programs, whatever the kernel uses internally. */
const TICKS_PER_SECOND = 100;

export interface ProcessFacts {
  /** Start of the process in clock ticks since boot. Together with it, a pid identifies one process only. */
  readonly startTicks: string;
  readonly parent: number;
  /** A signal or a debugger has stopped the process. It does nothing until it is continued. */
  readonly isStopped: boolean;
  /**
   * The process runs, waits for a CPU, or waits for the disk within the kernel (for example when memory is short). In the
   * last case no signal reaches it.
   */
  readonly isRunnable: boolean;
  /** CPU time that the process has used, in milliseconds. */
  readonly cpuMs: number;
}

/** Returns `null` if the process does not exist, has ended and waits to be reaped, or the system does not tell. */
export function processFacts(pid: number): ProcessFacts | null {
  try {
    return factsIn(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null;
  }
}

/** Resident memory of a process in bytes; `null` if the process does not exist or the system does not tell. */
export function residentBytes(pid: number): number | null {
  try {
    return residentIn(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return null;
  }
}

/** Finds the resident memory in the text of `/proc/PID/status` (proc_pid_status(5)), in bytes. A zombie has none. */
export function residentIn(status: string): number | null {
  const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1_024;
}

/** Parses the text of `/proc/PID/stat` (proc_pid_stat(5)). Returns `null` for a zombie or an unknown format. */
export function factsIn(stat: string): ProcessFacts | null {
  // The second field is the command in parentheses and may contain anything. Therefore fields count from the last
  // parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  const [userTicks, systemTicks, startTicks] = [fields[11], fields[12], fields[19]];
  if (startTicks === undefined || state === 'Z') return null;
  return {
    startTicks,
    parent: Number(parent),
    isStopped: state === 'T' || state === 't',
    isRunnable: state === 'R' || state === 'D',
    cpuMs: ((Number(userTicks) + Number(systemTicks)) * 1_000) / TICKS_PER_SECOND,
  };
}
