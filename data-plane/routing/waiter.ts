/** What an attempt may go to, what it gets, and a request that waits for it. Types only. */
import type { BackendId } from '#shared/ids.js';
import type { BackendEntry } from './backend-entry.js';

/** What an attempt may go to. */
export interface PickOptions {
  readonly tried: readonly BackendEntry[];
  /** The backend of its session. While that backend may serve the session, the attempt may go to no other. `null`: to any. */
  readonly bound: BackendId | null;
}

export interface Pick {
  readonly backend: BackendEntry;
  /** The permit that this attempt uses up: it is a trial. `null` for normal traffic. */
  readonly permit: number | null;
}

/** Why a request gets no backend. */
export type Refusal = 'no_backend' | 'queue_full' | 'queue_timeout';

/** A request that waits for a slot. */
export interface Waiter {
  readonly options: PickOptions;
  /** Order of arrival. */
  readonly number: number;
  /**
   * Called once: with a slot, when no backend is left that the request could wait for, or when it is evicted. Not after it
   * has left.
   */
  readonly end: (result: Pick | 'no_backend' | 'queue_full') => void;
}
