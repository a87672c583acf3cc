/** What the workers of a soak hold: open sockets and files, resident memory, and the heap after a full collection. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { residentBytes } from './process-figures.js';
import { type Trend, trendOf } from './trend.js';

export interface OpenFiles {
  readonly sockets: number;
  readonly all: number;
}

export interface WorkerSample {
  /** Seconds since the load began. */
  readonly at: number;
  readonly sockets: number;
  readonly residentBytes: number;
}

/** What `soak-probe` wrote down. */
export interface HeapSample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly rss: number;
  readonly heapUsed: number;
  /** Memory that the heap has from the system, used or not. */
  readonly heapResident: number;
  readonly arrayBuffers: number;
  readonly resources: Readonly<Record<string, number>>;
}

/** A process that is gone has none. */
export function openFiles(pid: number): OpenFiles {
  let sockets = 0;
  let all = 0;
  try {
    for (const entry of readdirSync(`/proc/${pid}/fd`)) {
      const target = linkOrNull(`/proc/${pid}/fd/${entry}`);
      if (target === null) continue;
      all += 1;
      if (target.startsWith('socket:')) sockets += 1;
    }
  } catch {
    return { sockets: 0, all: 0 }; // Gone.
  }
  return { sockets, all };
}

/** The TCP connections of a process as `local remote state` in the hexadecimal of /proc/net/tcp, to find out what is left. */
export function tcpConnections(pid: number): string[] {
  try {
    const inodes = new Set(
      readdirSync(`/proc/${pid}/fd`).map(
        (entry) => /^socket:\[(\d+)\]$/.exec(linkOrNull(`/proc/${pid}/fd/${entry}`) ?? '')?.[1],
      ),
    );
    return readFileSync(`/proc/${pid}/net/tcp`, 'latin1')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => inodes.has(fields[9]))
      .map(([, local, remote, state]) => `${local} ${remote} ${state}`);
  } catch {
    return []; // Gone.
  }
}

function linkOrNull(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null; // Closed between listing and reading.
  }
}

export function sampleOf(pid: number, at: number): WorkerSample {
  return { at, sockets: openFiles(pid).sockets, residentBytes: residentBytes(pid) };
}

/** The heap samples of a worker; none where the probe did not run. */
export function heapSamples(directory: string, pid: number): HeapSample[] {
  try {
    const text = readFileSync(join(directory, `probe-${pid}.jsonl`), 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as HeapSample);
  } catch {
    return [];
  }
}

const BYTES_PER_MB = 1_000_000;
const SECONDS_PER_TEN_MINUTES = 600;

/** Growth in MB per 10 minutes over the second half of the samples, the first half being the warm-up. */
export function growthOf(points: readonly (readonly [seconds: number, bytes: number])[]): Trend | null {
  const scaled = points.map(
    ([seconds, bytes]) => [seconds / SECONDS_PER_TEN_MINUTES, bytes / BYTES_PER_MB] as const,
  );
  return trendOf(scaled.slice(Math.floor(scaled.length / 2)));
}
