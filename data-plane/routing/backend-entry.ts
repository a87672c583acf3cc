/**
 * One backend as a worker sees it: what the snapshot says, ready for use on the request path. What it may get is read
 * from the table of `#shared/availability.ts` once per routing table.
 */
import { authorityOf } from '#shared/address-text.js';
import { type Traffic, trafficOf } from '#shared/availability.js';
import type { Availability } from '#shared/backend-state.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import type { BackendAddress } from '#shared/settings.js';
import type { BackendSnapshot } from '#shared/snapshot.js';
import { type BackendLoad, idleLoad } from './backend-load.js';
import { type Hash64, fnv1a64, hexOf } from './hash.js';

export interface BackendEntry extends Traffic {
  readonly id: BackendId;
  readonly pool: PoolId;
  readonly address: BackendAddress;
  /** `http://host:port`, an IPv6 address in brackets. */
  readonly origin: string;
  /** `host:port`, an IPv6 address in brackets. */
  readonly authority: string;
  readonly weight: number;
  readonly generation: number;
  readonly availability: Availability;
  readonly hash: Hash64;
  /** `hash` in hexadecimal: how a session cookie names this backend. */
  readonly hashHex: string;
  /** Shared with the entries for the same backend (by pool, id and generation) in earlier and later tables. */
  readonly load: BackendLoad;
}

/** How a session cookie names a backend. Pool names cannot contain a NUL, so two pairs never run together. */
export function backendHash(pool: PoolId, backend: BackendId): Hash64 {
  return fnv1a64(`${pool}\0${backend}`);
}

/** The entry for a backend of `pool`. Hash and load come from the entry of the table before: one is costly, the other lives on. */
export function backendEntry(
  pool: { readonly id: PoolId; readonly panic: boolean },
  backend: BackendSnapshot,
  previous: BackendEntry | undefined,
): BackendEntry {
  const authority = authorityOf(backend.address);
  const { serves, keepsSessions, takesTrials } = trafficOf(backend, pool.panic);
  const hash = previous?.hash ?? backendHash(pool.id, backend.id);
  return {
    id: backend.id,
    pool: pool.id,
    address: backend.address,
    origin: `${backend.address.protocol}://${authority}`,
    authority,
    weight: backend.weight,
    generation: backend.generation,
    availability: backend.availability,
    serves,
    keepsSessions,
    takesTrials,
    hash,
    hashHex: previous?.hashHex ?? hexOf(hash),
    load: previous !== undefined && previous.generation === backend.generation ? previous.load : idleLoad(),
  };
}
