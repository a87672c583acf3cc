/**
 * Which workers are to be ended because they do not answer. Pure. Heartbeats are counted rather than time, because a
 * primary that was itself stopped for a while must not take the answers that wait for it to be read for silence.
 *
 * | the worker that owes an answer                  | is ended once it owes it for more than  |
 * | ----------------------------------------------- | --------------------------------------- |
 * | is stopped (SIGSTOP, a debugger)                | 2 heartbeats                            |
 * | is runnable, has had much CPU time: it spins    | 3                                       |
 * | waits for something else; or nothing is known   | 4                                       |
 * | is runnable or waits for the disk, has had less | 60: the machine is busy, not the worker |
 *
 * A silence of many may have one cause that no new worker would cure, so few are ended at once. That does not hold for
 * stopped ones, which serve nobody.
 */

/** How often each worker is asked for a sign of life (which also brings its counters). */
export const HEARTBEAT_MS = 500;
const STOPPED_LIMIT = 2;
const SPINNING_LIMIT = 3;
export const HUNG_LIMIT = 4;
const STARVED_LIMIT = 60;
/**
 * No turn of a worker's event loop takes this much CPU time: one that had it and did not answer spins. A turn may well take
 * some hundred milliseconds of it (TLS handshakes of all who come back at once), for which a busy machine needs seconds.
 * One that spins on a machine that is not busy has had more by the time it is looked at.
 */
const LONGEST_TURN_CPU_MS = 1_000;
/** Part of all workers that may be ended at one heartbeat, at least one. */
const ENDED_AT_ONCE = 0.25;

export interface Silence {
  readonly worker: number;
  /** Heartbeats since it was asked for the answer that it still owes. */
  readonly owed: number;
  /** What is known of the process, if anything: its state, and the CPU time it has had since it was asked. */
  readonly process: {
    readonly isStopped: boolean;
    readonly isRunnable: boolean;
    readonly cpuMs: number;
  } | null;
}

/** Answers the workers to end, those silent for longest first. */
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
