/**
 * Three-way merge of the file applied last (base), the file now (next) and the live state: what changed between the two
 * files wins; what did not keeps its live value, so a weight set through the API survives a reload that does not touch
 * it. Each setting of a pool and of a backend is merged by itself. The first file is merged against nothing: all of it is new.
 *
 * What the file takes back is what the file brought: backends that came by the API stay, until their pool goes.
 * Answers the changes to make, in an order in which no route ever leads to a pool that is not there.
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
  /** Another address: another backend, under the same name and with the same admin state. */
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
  // Each setting is merged by itself. Absent is a setting, too.
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
  // Removed through the API: it comes back because the file says something new about it.
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
