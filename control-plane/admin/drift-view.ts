/** What run-time changes made different from the file, in the words and units of the file. */
import type { BackendAddress, BackendDefinition } from '#shared/settings.js';
import type { PoolSettings } from '#shared/settings.js';
import { driftOf, type Drift } from '../domain/drift.js';
import type { ControlState, PoolState } from '../domain/state.js';
import type { ConfigDifference } from './documents.js';
import { poolSettingsDocument } from './pool-settings.js';
import { urlOf } from './views.js';

const SETTING_NAMES = {
  algorithm: 'algorithm',
  healthCheck: 'health_check',
  breaker: 'circuit_breaker',
  sticky: 'sticky_session',
  maxConnections: 'max_connections',
  queue: 'queue',
} as const;

export function driftDocuments(state: ControlState): readonly ConfigDifference[] {
  const inFile = new Map(state.applied?.document.pools.map((pool) => [pool.id, pool]));
  return driftOf(state).flatMap((drift) => {
    const live = state.pools.get(drift.pool);
    const file = inFile.get(drift.pool);
    return live === undefined || file === undefined
      ? []
      : [differenceOf(drift, file.settings, live, file.backends)];
  });
}

function differenceOf(
  { pool, backend, setting }: Drift,
  file: PoolSettings,
  live: PoolState,
  fileBackends: readonly BackendDefinition[],
): ConfigDifference {
  const base = `pools.${pool}`;
  if (backend === undefined && isPoolSetting(setting)) {
    const name = SETTING_NAMES[setting];
    const [inFile, inForce] = [poolSettingsDocument(file), poolSettingsDocument(live.settings)];
    return { path: `${base}.${name}`, file: inFile[name], live: inForce[name] };
  }
  const definition = fileBackends.find(({ id }) => id === backend);
  const present = backend === undefined ? undefined : live.backends.get(backend);
  const path = `${base}.backends.${backend ?? ''}`;
  if (setting === 'weight')
    return { path: `${path}.weight`, file: definition?.weight, live: present?.weight };
  if (setting === 'maxConnections') {
    return {
      path: `${path}.max_connections`,
      file: definition?.maxConnections ?? null,
      live: present?.maxConnections ?? null,
    };
  }
  if (setting === 'address') {
    return {
      path: `${path}.url`,
      file: definition && urlOf(definition.address),
      live: present && urlOf(present.address),
    };
  }
  return { path, file: entryOf(definition), live: entryOf(present) };
}

function isPoolSetting(setting: Drift['setting']): setting is keyof typeof SETTING_NAMES {
  return Object.hasOwn(SETTING_NAMES, setting);
}

function entryOf(
  backend: { readonly address: BackendAddress; readonly weight: number } | undefined,
): { readonly url: string; readonly weight: number } | null {
  return backend === undefined ? null : { url: urlOf(backend.address), weight: backend.weight };
}
