/**
 * Decides which workers to end because they do not answer. Pure. The rules count heartbeats instead of time. A primary that
 * was itself stopped for a while has unread answers waiting, and must not take them for silence.
 *
 * | the worker that owes an answer                           | is ended once it owes it for more than  |
 * | -------------------------------------------------------- | --------------------------------------- |
 * | is stopped (SIGSTOP, a debugger)                         | 2 heartbeats                            |
 * | is runnable and has used much CPU time: it spins         | 3                                       |
 * | waits for something else, or nothing is known            | 4                                       |
 * | is runnable or waits for the disk, and has used less     | 60: the machine is busy, not the worker |
 *
 * When many workers are silent, one cause may affect all of them, and new workers would not help. Therefore few are ended at
 * once. Stopped workers are all ended, because they serve no request.
 */

/** Interval between heartbeats, in milliseconds. The answer to a heartbeat also carries the worker's counters. */
export const HEARTBEAT_MS = 500;
const STOPPED_LIMIT = 2;
const SPINNING_LIMIT = 3;
export const HUNG_LIMIT = 4;
const STARVED_LIMIT = 60;
/**
 * CPU time, in milliseconds, that no turn of a worker's event loop takes. A worker that has used more since it was asked and
 * has not answered spins. A turn may take some hundred milliseconds of CPU time (TLS handshakes when all clients reconnect),
 * and on a busy machine that takes seconds. On an idle machine, a spinning worker exceeds the limit before it is judged.
 */
const LONGEST_TURN_CPU_MS = 1_000;
/** Share of all workers that may be ended at one heartbeat; at least one may. */
const ENDED_AT_ONCE = 0.25;

export interface Silence {
  readonly worker: number;
  /** Heartbeats since the worker was asked for the answer that it owes. */
  readonly owed: number;
  /** What is known of the process, or `null`: its state, and the CPU time since it was asked, in milliseconds. */
  readonly process: {
    readonly isStopped: boolean;
    readonly isRunnable: boolean;
    readonly cpuMs: number;
  } | null;
}

/** Returns the workers to end: first the stopped ones, then the others, the longest silence first. */
export function hungWorkers(silences: readonly Silence[], total: number): readonly number[] {
  const stopped = silences.filter((one) => one.process?.isStopped === true && one.owed > STOPPED_LIMIT);
  const hung = silences
    .filter((one) => one.process?.isStopped !== true && one.owed > limitOf(one))
    .toSorted((a, b) => b.owed - a.owed)
    .slice(0, Math.max(1, Math.floor(total * ENDED_AT_ONCE)));
  return [...stopped, ...hung].map(({ worker }) => worker);
}

function limitOf({ process }: Silence): number {
  if (process?.isRunnable !== true) return HUNG_LIMIT;
  return process.cpuMs < LONGEST_TURN_CPU_MS ? STARVED_LIMIT : SPINNING_LIMIT;
}
