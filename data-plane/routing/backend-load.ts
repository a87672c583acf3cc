/**
 * Requests in flight per backend: those of this worker, counted here, and those of all others, told by the primary.
 * One object per backend lives as long as the backend does, over all routing tables, so that an attempt that started
 * under an older table is counted off where it was counted on.
 */
import { assert } from '#shared/assert.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import type { LoadMessage } from '#shared/message.js';

/** Limit of a backend that has none. A small integer, cheap to compare with. */
export const NO_LIMIT = 2 ** 30 - 1;

/** Told of the two changes of a backend's load that matter to its limit. */
interface LoadGate {
  /** The last slot has been taken. */
  filled(): void;
  /** There is a slot again. */
  freed(): void;
}

export interface BackendLoad {
  /** Attempts in flight from this worker. */
  own: number;
  /** Requests in flight from all other workers, as last told. */
  others: number;
  /** When this backend is due among equals. Used by the least-connections picker, and kept here because it outlives a picker. */
  turn: number;
  /** Number of its latest pick. Kept here for the same reason. */
  picked: number;
  /** Told of each change: the picker of the newest table, if it orders backends by load. */
  watcher: (() => void) | null;
  /** Attempts that this worker may have in flight. */
  limit: number;
  /** Belongs to the newest table; `null` without a limit. */
  gate: LoadGate | null;
}

export function idleLoad(): BackendLoad {
  return { own: 0, others: 0, turn: 0, picked: 0, watcher: null, limit: NO_LIMIT, gate: null };
}

export function hasSlot(load: BackendLoad): boolean {
  return load.own < load.limit;
}

export function loadStarted(load: BackendLoad): void {
  load.own += 1;
  load.watcher?.();
  if (load.own === load.limit) load.gate?.filled();
}

export function loadFinished(load: BackendLoad): void {
  assert(load.own > 0, 'an attempt was finished that had not been started');
  load.own -= 1;
  load.watcher?.();
  // Above the limit, which may have been lowered meanwhile, an attempt that ends frees no slot.
  if (load.own === load.limit - 1) load.gate?.freed();
}

interface Loaded {
  readonly load: BackendLoad;
}

/** The part of a routing table that has loads. */
interface LoadedTable {
  readonly pools: ReadonlyMap<
    PoolId,
    { readonly backends: readonly Loaded[]; readonly byId: ReadonlyMap<BackendId, Loaded> }
  >;
}

/** Replaces the loads of the other workers: a backend that the message leaves out has nothing in flight there. */
export function applyLoad(table: LoadedTable, message: LoadMessage): void {
  const told = new Map<BackendLoad, number>();
  for (const { pool, backend, active } of message.backends) {
    const entry = table.pools.get(pool)?.byId.get(backend);
    if (entry !== undefined) told.set(entry.load, active);
  }
  for (const pool of table.pools.values()) {
    for (const { load } of pool.backends) {
      const others = told.get(load) ?? 0;
      if (others === load.others) continue;
      load.others = others;
      load.watcher?.();
    }
  }
}
