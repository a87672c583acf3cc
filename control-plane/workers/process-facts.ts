/** What the system tells of a process. Only where there is a `/proc`; elsewhere nothing can be said of one. */
import { readFileSync } from 'node:fs';

/** Clock ticks per second in `/proc`: the same on every Linux, whatever the kernel counts in. */
const TICKS_PER_SECOND = 100;

export interface ProcessFacts {
  /** Start in clock ticks since boot: with it a pid names one process only. */
  readonly startTicks: string;
  readonly parent: number;
  /** Stopped by a signal or a debugger: it does nothing until somebody lets it go on. */
  readonly isStopped: boolean;
  /** It would run, or does; or it waits for the disk within the kernel (as when memory is short), where no signal reaches it. */
  readonly isRunnable: boolean;
  /** CPU time it has had. */
  readonly cpuMs: number;
}

/** `null`: there is no such process, it has ended and only waits to be reaped, or the system does not tell. */
export function processFacts(pid: number): ProcessFacts | null {
  try {
    return factsIn(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null;
  }
}

/** Reads `/proc/PID/stat` (proc_pid_stat(5)). */
export function factsIn(stat: string): ProcessFacts | null {
  // The second field is the command in parentheses and may hold anything, so count from the last parenthesis.
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
