/** Reads the texts of Linux's /proc (proc(5)) into figures. Pure: it is handed the texts. */

export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** User and system time in clock ticks. */
  readonly cpuTicks: number;
}

/** `/proc/PID/stat`; null when it is something else. The name in parentheses may hold blanks and parentheses. */
export function parseStat(text: string): ProcessStat | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  // After the name: state (field 3), parent (4), … utime (14), stime (15).
  const fields = text.slice(close + 2).split(' ');
  const stat = {
    pid: Number(text.slice(0, open)),
    parent: Number(fields[1]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
  };
  return Object.values(stat).every(Number.isInteger) ? stat : null;
}

/** `/proc/PID/task/TID/schedstat`: nanoseconds that this thread ran; null where the kernel does not count them. */
export function parseSchedstat(text: string): number | null {
  const match = /^(\d+) \d+ \d+\s*$/.exec(text);
  return match === null ? null : Number(match[1]);
}

/** `/proc/PID/status`: resident memory in bytes, 0 for a process without any. */
export function parseResidentBytes(text: string): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(text);
  return match === null ? 0 : Number(match[1]) * 1024;
}

/** A list such as `0-2,5` (`Cpus_allowed_list`) as numbers. */
export function parseCpuList(text: string): number[] {
  const cpus: number[] = [];
  for (const part of text.trim().split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) continue;
    for (let cpu = Number(match[1]); cpu <= Number(match[2] ?? match[1]); cpu += 1) cpus.push(cpu);
  }
  return cpus;
}

/** Every process below `root`, at any depth. */
export function descendantsOf(root: number, processes: readonly ProcessStat[]): number[] {
  const found: number[] = [];
  for (let parents = [root]; parents.length > 0;) {
    const children = processes.filter(({ parent }) => parents.includes(parent)).map(({ pid }) => pid);
    found.push(...children);
    parents = children;
  }
  return found;
}
