/** What the algorithms have in common. */
import type { Random } from '#shared/ports.js';
import type { BackendEntry } from '../backend-entry.js';

/** Chooses among the serving backends of one pool in one routing table. Built anew with each table. */
export interface Picker {
  /** A backend that has a free slot and is not one of `tried`, or `null` when there is none. */
  next(tried: readonly BackendEntry[], random: Random): BackendEntry | null;
  /** A backend that was full has a free slot again. */
  freed?(entry: BackendEntry): void;
}

/** Where a picker begins. */
export interface PickerStart {
  /** This worker's number, and how many workers there are. Each begins elsewhere, so that they do not all pick the same first. */
  readonly worker: number;
  readonly workers: number;
  readonly random: Random;
  /** The picker of the table before, whose rotation is continued if the algorithm is the same. */
  readonly previous: Picker | null;
}

/** Compares by name, not by object, because a tried entry may come from the table before. */
export function isTried(tried: readonly BackendEntry[], entry: BackendEntry): boolean {
  // A plain loop, because nearly every pick comes with nothing tried and should not pay for a closure.
  for (let index = 0; index < tried.length; index += 1) if (tried[index]?.id === entry.id) return true;
  return false;
}

/** Where in a rotation, 0 to 1, this worker begins: the workers' parts side by side, a random place within its own. */
export function startingPhase(start: PickerStart): number {
  const workers = Math.max(1, start.workers);
  return ((start.worker % workers) + start.random()) / workers;
}
