/**
 * Restores the file: undoes run-time changes in the requested places. Afterwards the file, the base of the next merge and
 * the live state agree there.
 */
import { assert } from '#shared/assert.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import { backend as backendSection, backendSettings } from '#shared/settings/backend.js';
import { changesBetween, chosen } from '#shared/settings/choose.js';
import { pool as poolSettings } from '#shared/settings/pool.js';
import type { BackendDefinition, PoolDefinition, PoolSettings } from '#shared/settings.js';
import { carryOut } from './apply-config.js';
import type { CommandOf } from './commands.js';
import type { ConfigChange } from './config-merge.js';
import type { Rejection } from './decision.js';
import { type Drift, driftOf } from './drift.js';
import { type DriftPlace, placeKey, POOL_SETTINGS } from './drift-place.js';
import { definitionOf } from './pool-changes.js';
import { sameValue } from './same-value.js';
import type { BackendState, ControlState, PoolState } from './state.js';
import type { Transaction } from './transaction.js';

/**
 * The version that a write to the whole configuration names: number of the last event by which an operator or the file
 * changed any pool.
 */
export function configVersion(state: ControlState): number {
  let version = 0;
  for (const pool of state.pools.values()) version = Math.max(version, pool.version);
  return version;
}

export function decideResetConfig(
  tx: Transaction,
  { places, expectedVersion }: CommandOf<'ResetConfig'>,
): Rejection | null {
  const version = configVersion(tx.state);
  if (expectedVersion !== null && expectedVersion !== version) {
    const message = `the configuration is at version ${version}, not ${expectedVersion}: somebody else changed it; read it again`;
    return { code: 'version_conflict', message };
  }
  const wanted = places === 'all' ? null : new Set(places.map(placeKey));
  const drifts = driftOf(tx.state).filter((drift) => wanted === null || wanted.has(placeKey(drift)));
  for (const file of tx.state.applied?.document.pools ?? []) {
    const here = drifts.filter(({ pool }) => pool === file.id);
    if (here.length === 0) continue;
    for (const change of changesOf(file, tx.knownPool(file.id), here)) carryOut(tx, change);
  }
  return null;
}

function changesOf(file: PoolDefinition, live: PoolState, drifts: readonly Drift[]): readonly ConfigChange[] {
  const changes: ConfigChange[] = [];
  const settings = settingsBack(file.settings, live.settings, drifts);
  if (settings !== live.settings) changes.push({ kind: 'change-settings', pool: file.id, settings });
  const byBackend = Map.groupBy(
    drifts.filter((drift) => drift.backend !== undefined),
    ({ backend }) => backend as BackendId,
  );
  const inFile = new Map(file.backends.map((definition) => [definition.id, definition]));
  for (const [id, differing] of byBackend) {
    changes.push(
      ...backendBack(
        file.id,
        inFile.get(id),
        live.backends.get(id),
        new Set(differing.map((drift) => drift.setting)),
      ),
    );
  }
  return changes;
}

function settingsBack(file: PoolSettings, live: PoolSettings, drifts: readonly Drift[]): PoolSettings {
  const back = POOL_SETTINGS.filter((setting) =>
    drifts.some((drift) => drift.backend === undefined && drift.setting === setting),
  );
  if (back.length === 0) return live;
  return chosen(poolSettings, (setting) => (back.includes(setting) ? file : live));
}

function backendBack(
  pool: PoolId,
  file: BackendDefinition | undefined,
  live: BackendState | undefined,
  differing: ReadonlySet<DriftPlace['setting']>,
): readonly ConfigChange[] {
  if (file === undefined) {
    assert(live !== undefined, 'a backend that differs is on one side at least');
    return [{ kind: 'remove-backend', pool, backend: live.id }];
  }
  if (live === undefined) return [{ kind: 'add-backend', pool, definition: file }];
  const { id } = file;
  const kept = definitionOf(live);
  const wanted = chosen(backendSection, (key) => (key === 'id' || differing.has(key) ? file : kept));
  if (differing.has('address')) return [{ kind: 'replace-backend', pool, definition: wanted }];
  const changes: ConfigChange[] = [];
  if (live.origin === 'api') changes.push({ kind: 'adopt-backend', pool, backend: id });
  const settings = changesBetween(backendSettings, kept, wanted, sameValue);
  if (Object.keys(settings).length > 0) {
    changes.push({ kind: 'change-backend', pool, backend: id, changes: settings });
  }
  return changes;
}
