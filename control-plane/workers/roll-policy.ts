/**
 * Decides how workers are replaced one after the other while the primary stays: which is next, and when. Pure.
 *
 * | the newest replacement   | the worker that it replaces | next                                       |
 * | ------------------------ | --------------------------- | ------------------------------------------ |
 * | none yet                 |                             | start one for the next worker, or done     |
 * | is starting              |                             | wait                                       |
 * | forwards                 | forwards                    | ask that worker to end                     |
 * | forwards                 | finishes its requests       | wait                                       |
 * | forwards                 | has ended                   | start one for the next worker, or done     |
 * | has ended                |                             | stop: the next one would end in the same way |
 */
import type { WorkerPhase } from './worker-status.js';

/** How often the memory of the workers is looked at, in milliseconds. */
export const MEMORY_LOOK_MS = 5_000;
/**
 * Shortest time from the end of a roll to one for memory, in milliseconds. If all workers grow at once, or the limit is below what a
 * worker needs, the host serves on with one replacement a minute.
 */
export const MEMORY_PAUSE_MS = 60_000;

/** A worker whose replacement has been started. */
export interface Pair {
  readonly old: number;
  readonly successor: number;
}

export interface RollPlan {
  /** Workers that are not replaced yet, in order. One that has ended by itself needs no replacement. */
  readonly left: readonly number[];
  readonly pair: Pair | null;
}

export interface RolledWorker {
  readonly worker: number;
  readonly phase: WorkerPhase;
}

export type RollStep =
  | { readonly kind: 'wait' }
  /** Start a worker that replaces `worker`. */
  | { readonly kind: 'start'; readonly worker: number }
  /** Ask the worker to end. Its successor forwards. */
  | { readonly kind: 'end'; readonly pair: Pair }
  | { readonly kind: 'done' }
  | { readonly kind: 'stop'; readonly successor: number };

export function nextStep({ left, pair }: RollPlan, workers: readonly RolledWorker[]): RollStep {
  const phaseOf = (number: number): WorkerPhase | null =>
    workers.find(({ worker }) => worker === number)?.phase ?? null;
  if (pair !== null) {
    const successor = phaseOf(pair.successor);
    if (successor === 'starting') return { kind: 'wait' };
    if (successor !== 'ready') return { kind: 'stop', successor: pair.successor };
    const old = phaseOf(pair.old);
    if (old === 'stopping') return { kind: 'wait' };
    if (old !== null) return { kind: 'end', pair };
  }
  const next = left.find((number) => phaseOf(number) === 'ready');
  return next === undefined ? { kind: 'done' } : { kind: 'start', worker: next };
}

export interface WorkerMemory extends RolledWorker {
  /** Resident memory in bytes; `null` if the system does not tell. */
  readonly bytes: number | null;
}

/** The worker to replace because of its memory: of those above the limit the largest; `null` if there is none. */
export function overMemory(workers: readonly WorkerMemory[], limitBytes: number): WorkerMemory | null {
  let largest: WorkerMemory | null = null;
  for (const one of workers) {
    if (one.phase !== 'ready' || one.bytes === null || one.bytes <= limitBytes) continue;
    if (one.bytes > (largest?.bytes ?? 0)) largest = one;
  }
  return largest;
}
