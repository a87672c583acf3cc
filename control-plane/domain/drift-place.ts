/** Where the live state may differ from the configuration file. */
import type { BackendId, PoolId } from '#shared/ids.js';

/** Settings of a pool, each of which is merged by itself. */
export const POOL_SETTINGS = [
  'algorithm',
  'healthCheck',
  'breaker',
  'sticky',
  'maxConnections',
  'queue',
] as const;

export interface DriftPlace {
  readonly pool: PoolId;
  /** Absent for what concerns the whole pool. */
  readonly backend?: BackendId;
  /** `backend`: the backend itself is only on one side. */
  readonly setting: (typeof POOL_SETTINGS)[number] | 'backend' | 'address' | 'weight';
}

/** Names a place, so that many can be looked up. */
export function placeKey({ pool, backend, setting }: DriftPlace): string {
  return `${pool}/${backend ?? ''}/${setting}`;
}
