/**
 * How the live state differs from the last applied file, because operators changed it at run time. A reload of the same file
 * does not undo these changes. Admin states are no drift, because the file does not contain them.
 */
import type { PoolDefinition } from '#shared/settings.js';
import { BACKEND_SETTINGS, POOL_SETTINGS, type DriftPlace } from './drift-place.js';
import { definitionOf } from './pool-changes.js';
import { sameValue } from './same-value.js';
import type { BackendState, ControlState, PoolState } from './state.js';

export interface Drift extends DriftPlace {
  /** The value in the file; `null` if the file has none. */
  readonly file: unknown;
  /** The value in force; `null` if there is none. */
  readonly live: unknown;
}

/** Drifts in the order of the file, then those that only the live state has. Empty before the first file. */
export function driftOf(state: ControlState): readonly Drift[] {
  const drifts: Drift[] = [];
  for (const file of state.applied?.document.pools ?? []) {
    const live = state.pools.get(file.id);
    if (live !== undefined) drifts.push(...settingsDrift(file, live), ...backendsDrift(file, live));
  }
  return drifts;
}

function settingsDrift(file: PoolDefinition, live: PoolState): readonly Drift[] {
  return POOL_SETTINGS.filter((setting) => !sameValue(file.settings[setting], live.settings[setting])).map(
    (setting) => ({
      pool: file.id,
      setting,
      file: file.settings[setting] ?? null,
      live: live.settings[setting] ?? null,
    }),
  );
}

function backendsDrift(file: PoolDefinition, live: PoolState): readonly Drift[] {
  const pool = file.id;
  const drifts: Drift[] = [];
  let onBothSides = 0;
  for (const definition of file.backends) {
    const backend = live.backends.get(definition.id);
    if (backend === undefined) {
      drifts.push({ pool, backend: definition.id, setting: 'backend', file: definition, live: null });
      continue;
    }
    onBothSides += 1;
    for (const setting of BACKEND_SETTINGS) {
      if (sameValue(definition[setting], backend[setting])) continue;
      drifts.push({
        pool,
        backend: backend.id,
        setting,
        file: definition[setting] ?? null,
        live: backend[setting] ?? null,
      });
    }
  }
  if (onBothSides === live.backends.size) return drifts;
  const known = new Set(file.backends.map((definition) => definition.id));
  const extra = (backend: BackendState): boolean => !known.has(backend.id);
  for (const backend of [...live.backends.values()].filter(extra)) {
    drifts.push({ pool, backend: backend.id, setting: 'backend', file: null, live: definitionOf(backend) });
  }
  return drifts;
}
