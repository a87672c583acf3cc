/**
 * Three-way merge of the last applied file (base), the new file (next) and the live state. Each setting of a pool and of a
 * backend is merged separately. A setting that differs between the two files takes the new value. Any other setting keeps
 * its live value. Therefore a weight set through the API survives a reload that does not touch it. The first file has no
 * base, so all of it is new.
 *
 * A file removes only backends that a file added. Backends added through the API stay until their pool is removed. The
 * changes are ordered such that no route ever leads to a missing pool.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import {
  backend as backendSection,
  backendSettings,
  type BackendSettings,
} from '#shared/settings/backend.js';
import { changesBetween, chosen, type Changes } from '#shared/settings/choose.js';
import { pool as poolSettings } from '#shared/settings/pool.js';
import type {
  BackendDefinition,
  ConfigDocument,
  ForwardingSettings,
  PoolDefinition,
  PoolSettings,
  Route,
} from '#shared/settings.js';
import { definitionOf } from './pool-changes.js';
import { sameValue } from './same-value.js';
import type { BackendState, ControlState, PoolState } from './state.js';

export type ConfigChange =
  | { readonly kind: 'change-forwarding'; readonly forwarding: ForwardingSettings }
  | { readonly kind: 'change-routes'; readonly routes: readonly Route[] }
  | { readonly kind: 'add-pool'; readonly pool: PoolId; readonly settings: PoolSettings }
  | { readonly kind: 'change-settings'; readonly pool: PoolId; readonly settings: PoolSettings }
  | { readonly kind: 'remove-pool'; readonly pool: PoolId }
  | { readonly kind: 'add-backend'; readonly pool: PoolId; readonly definition: BackendDefinition }
  /** A new address means a new backend, with the same name and the same admin state. */
  | { readonly kind: 'replace-backend'; readonly pool: PoolId; readonly definition: BackendDefinition }
  | { readonly kind: 'remove-backend'; readonly pool: PoolId; readonly backend: BackendId }
  | { readonly kind: 'adopt-backend'; readonly pool: PoolId; readonly backend: BackendId }
  | {
      readonly kind: 'change-backend';
      readonly pool: PoolId;
      readonly backend: BackendId;
      readonly changes: Changes<BackendSettings>;
    };

export function mergeConfig(next: ConfigDocument, live: ControlState): readonly ConfigChange[] {
  const base = live.applied?.document ?? null;
  const changes: ConfigChange[] = [];
  const { forwarding, routes } = next;
  if (!sameValue(forwarding, base?.forwarding) && !sameValue(forwarding, live.forwarding)) {
    changes.push({ kind: 'change-forwarding', forwarding });
  }
  const basePools = new Map(base?.pools.map((pool) => [pool.id, pool]));
  for (const pool of next.pools) changes.push(...mergePool(pool, basePools.get(pool.id), live));
  if (!sameValue(routes, base?.routes) && !sameValue(routes, live.routes)) {
    changes.push({ kind: 'change-routes', routes });
  }
  const wanted = new Set(next.pools.map((pool) => pool.id));
  for (const id of live.pools.keys()) if (!wanted.has(id)) changes.push({ kind: 'remove-pool', pool: id });
  return changes;
}

function mergePool(
  next: PoolDefinition,
  base: PoolDefinition | undefined,
  live: ControlState,
): readonly ConfigChange[] {
  const pool = live.pools.get(next.id);
  if (pool === undefined) {
    const added: ConfigChange = { kind: 'add-pool', pool: next.id, settings: next.settings };
    const add = (definition: BackendDefinition): ConfigChange => addition(next.id, definition);
    return [added, ...next.backends.map(add)];
  }
  // Each setting is merged separately. The absence of a setting counts as a value too.
  const settings = chosen(poolSettings, (key) =>
    base !== undefined && sameValue(next.settings[key], base.settings[key]) ? pool.settings : next.settings,
  );
  const changes: ConfigChange[] = [];
  if (!sameValue(settings, pool.settings)) changes.push({ kind: 'change-settings', pool: next.id, settings });
  changes.push(...removals(next, base, pool));
  const before = new Map(base?.backends.map((backend) => [backend.id, backend]));
  for (const backend of next.backends) {
    changes.push(...mergeBackend(next.id, backend, before.get(backend.id), pool.backends.get(backend.id)));
  }
  return changes;
}

function removals(
  next: PoolDefinition,
  base: PoolDefinition | undefined,
  live: PoolState,
): readonly ConfigChange[] {
  if (base === undefined) return [];
  const wanted = new Set(next.backends.map((backend) => backend.id));
  return base.backends
    .filter(({ id }) => !wanted.has(id) && live.backends.get(id)?.origin === 'file')
    .map(({ id }) => ({ kind: 'remove-backend', pool: next.id, backend: id }));
}

function mergeBackend(
  pool: PoolId,
  next: BackendDefinition,
  base: BackendDefinition | undefined,
  live: BackendState | undefined,
): readonly ConfigChange[] {
  if (base !== undefined && sameValue(next, base)) return [];
  // The backend was removed through the API. The file adds it again, because its definition in the file has changed.
  if (live === undefined) return [addition(pool, next)];
  const present = definitionOf(live);
  const definition = chosen(backendSection, (key) =>
    base !== undefined && sameValue(next[key], base[key]) ? present : next,
  );
  if (!sameValue(definition.address, live.address)) return [{ kind: 'replace-backend', pool, definition }];
  const changes: ConfigChange[] = [];
  if (live.origin === 'api') changes.push({ kind: 'adopt-backend', pool, backend: next.id });
  const settings = changesBetween(backendSettings, present, definition, sameValue);
  if (Object.keys(settings).length > 0) {
    changes.push({ kind: 'change-backend', pool, backend: next.id, changes: settings });
  }
  return changes;
}

function addition(pool: PoolId, definition: BackendDefinition): ConfigChange {
  return { kind: 'add-backend', pool, definition };
}
