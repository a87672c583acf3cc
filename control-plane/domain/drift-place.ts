/** Where the live state may differ from the configuration file. */
import type { BackendId, PoolId } from '#shared/ids.js';
import { backend } from '#shared/settings/backend.js';
import { keysIn } from '#shared/settings/choose.js';
import { pool } from '#shared/settings/pool.js';

/** Settings of a pool and of a backend, each of which is merged by itself. */
export const POOL_SETTINGS = keysIn(pool);
export const BACKEND_SETTINGS = keysIn(backend).filter((key) => key !== 'id');

export interface DriftPlace {
  readonly pool: PoolId;
  /** Absent for what concerns the whole pool. */
  readonly backend?: BackendId;
  /** `backend`: the backend itself is only on one side. */
  readonly setting: (typeof POOL_SETTINGS)[number] | (typeof BACKEND_SETTINGS)[number] | 'backend';
}

/** Names a place, so that many can be looked up. */
export function placeKey({ pool, backend, setting }: DriftPlace): string {
  return `${pool}/${backend ?? ''}/${setting}`;
}
