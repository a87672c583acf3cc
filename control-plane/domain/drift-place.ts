/** The places in which the live state may differ from the configuration file. */
import type { BackendId, PoolId } from '#shared/ids.js';
import { backend } from '#shared/settings/backend.js';
import { keysIn } from '#shared/settings/choose.js';
import { pool } from '#shared/settings/pool.js';

/** Settings of a pool and of a backend. Each is merged separately. */
export const POOL_SETTINGS = keysIn(pool);
export const BACKEND_SETTINGS = keysIn(backend).filter((key) => key !== 'id');

export interface DriftPlace {
  readonly pool: PoolId;
  /** Absent if the place concerns the whole pool. */
  readonly backend?: BackendId;
  /** `backend` means that the backend itself is missing in the file or in the live state. */
  readonly setting: (typeof POOL_SETTINGS)[number] | (typeof BACKEND_SETTINGS)[number] | 'backend';
}

/** A text that identifies a place, for use as a key. */
export function placeKey({ pool, backend, setting }: DriftPlace): string {
  return `${pool}/${backend ?? ''}/${setting}`;
}
