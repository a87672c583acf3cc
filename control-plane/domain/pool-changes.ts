/**
 * Changes that both operators and the configuration file make: each is an event together with its consequences. A change
 * without effect gives no event. The callers decide whether the change is allowed.
 */
import type { AdminState } from '#shared/backend-state.js';
import type { PoolId } from '#shared/ids.js';
import {
  backend as backendSection,
  backendSettings,
  type BackendSettings,
} from '#shared/settings/backend.js';
import { changed, keysIn, picked, type Changes } from '#shared/settings/choose.js';
import type { BackendDefinition, PoolSettings } from '#shared/settings.js';
import { closeBreaker } from './breaker.js';
import { trippedBackends } from './pool-state.js';
import { sameValue } from './same-value.js';
import type { BackendState, PoolState } from './state.js';
import type { Transaction } from './transaction.js';

export function definitionOf(backend: BackendState): BackendDefinition {
  return picked<BackendDefinition>(backendSection, backend);
}

/** Adds a backend. If a check is configured, the backend waits for its first check; otherwise it serves at once. */
export function addBackend(
  tx: Transaction,
  pool: PoolState,
  definition: BackendDefinition,
  how: { readonly origin: 'file' | 'api'; readonly causedBy?: number | undefined },
): void {
  const health = pool.settings.healthCheck === null ? 'healthy' : 'unknown';
  const data = { definition, generation: tx.command.id, health, origin: how.origin } as const;
  tx.emit('BackendAdded', { pool: pool.id, backend: definition.id }, data, how.causedBy);
}

export function removeBackend(tx: Transaction, pool: PoolId, backend: BackendState, causedBy?: number): void {
  tx.emit('BackendRemoved', { pool, backend: backend.id }, { definition: definitionOf(backend) }, causedBy);
}

/** Emits one event per changed setting. */
export function changeBackend(
  tx: Transaction,
  pool: PoolId,
  backend: BackendState,
  by: { readonly changes: Changes<BackendSettings>; readonly causedBy?: number | undefined },
): void {
  const before = picked<BackendSettings>(backendSettings, backend);
  const after = changed(backendSettings, before, by.changes);
  for (const key of keysIn(backendSettings)) {
    if (sameValue(before[key], after[key])) continue;
    const data = { from: { [key]: before[key] ?? null }, to: { [key]: after[key] ?? null } };
    tx.emit('BackendSettingsChanged', { pool, backend: backend.id }, data, by.causedBy);
  }
}

export function changeAdmin(
  tx: Transaction,
  pool: PoolId,
  backend: BackendState,
  to: { readonly admin: AdminState; readonly causedBy?: number | undefined },
): void {
  if (to.admin === backend.admin) return;
  const data = { from: backend.admin, to: to.admin };
  tx.emit('AdminStateChanged', { pool, backend: backend.id }, data, to.causedBy);
}

/**
 * Changes the settings of a pool. If a check is added, backends keep their health. If the check is removed, all count as
 * healthy. If the breaker is removed, all breakers close.
 */
export function changeSettings(
  tx: Transaction,
  pool: PoolState,
  settings: PoolSettings,
  causedBy?: number,
): void {
  if (sameValue(settings, pool.settings)) return;
  const data = { settings, previous: pool.settings };
  const seq = tx.emit('PoolSettingsChanged', { pool: pool.id }, data, causedBy);
  if (tx.scope === 'host') followSettings(tx, pool, seq);
}

/**
 * Applies the consequences of changed settings to the backends.
 * @param before the pool before the change
 * @param causedBy number of the event of the change
 */
export function followSettings(tx: Transaction, before: PoolState, causedBy: number): void {
  const { healthCheck, breaker } = tx.knownPool(before.id).settings;
  if (healthCheck === null && before.settings.healthCheck !== null) freeHealth(tx, before, causedBy);
  if (breaker === null) freeBreakers(tx, before, causedBy);
}

function freeHealth(tx: Transaction, pool: PoolState, causedBy: number): void {
  const evidence = { kind: 'check-removed' } as const;
  const affected = [...pool.backends.values()].filter((backend) => backend.health !== 'healthy');
  for (const { id, health } of affected) {
    tx.emit('BackendBecameHealthy', { pool: pool.id, backend: id }, { from: health, evidence }, causedBy);
  }
}

function freeBreakers(tx: Transaction, pool: PoolState, causedBy: number): void {
  for (const backend of trippedBackends(pool)) {
    closeBreaker(tx, pool.id, backend, { cause: 'disabled', successes: 0, causedBy });
  }
}
