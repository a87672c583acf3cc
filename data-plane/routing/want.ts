/** What a request wants of its pool, and what it gets. Types only. */
import type { BackendId } from '#shared/ids.js';
import type { BackendEntry } from './backend-entry.js';

/** What an attempt may go to. */
export interface Want {
  readonly tried: readonly BackendEntry[];
  /** The backend of its session, to which alone it may go as long as that one may serve it. `null`: to any. */
  readonly bound: BackendId | null;
}

export interface Pick {
  readonly backend: BackendEntry;
  /** The permit that this attempt uses up: it is a trial. `null` for normal traffic. */
  readonly permit: number | null;
}

/** Why a request gets no backend. */
export type Refusal = 'no_backend' | 'queue_full' | 'queue_timeout';

/** A request that waits for room. */
export interface Waiter {
  readonly want: Want;
  /** Order of arrival. */
  readonly number: number;
  /**
   * Called once: with its claim, when no backend is left that it could wait for, or when its place goes to another. Not
   * after it has left.
   */
  readonly end: (result: Pick | 'no_backend' | 'queue_full') => void;
}
