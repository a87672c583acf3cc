/** What run-time changes made different from the file, in the words and units of the file. */
import type { BackendId } from '#shared/ids.js';
import type { BackendAddress, BackendDefinition } from '#shared/settings.js';
import type { PoolSettings } from '#shared/settings.js';
import type { ConfigDifference } from '../documents/config-documents.js';
import { driftOf, type Drift } from '../domain/drift.js';
import { actorWords } from '../domain/event-words.js';
import { isoTime } from '../domain/iso-time.js';
import type { ControlState, PoolState } from '../domain/state.js';
import { poolSettingsDocument } from './pool-settings.js';
import type { RunTimeChanges } from './run-time-changes.js';
import { urlOf } from './views.js';

const SETTING_NAMES = {
  algorithm: 'algorithm',
  healthCheck: 'health_check',
  breaker: 'circuit_breaker',
  sticky: 'sticky_session',
  maxConnections: 'max_connections',
  queue: 'queue',
} as const;

/** A difference, with where it is. */
export interface PlacedDifference {
  readonly drift: Drift;
  readonly document: ConfigDifference;
}

export function differencesOf(state: ControlState, changes: RunTimeChanges): readonly PlacedDifference[] {
  const inFile = new Map(
    state.applied?.document.pools.map(({ id, settings, backends }) => [
      id,
      { settings, backends: new Map(backends.map((backend) => [backend.id, backend])) },
    ]),
  );
  return driftOf(state).flatMap((drift) => {
    const live = state.pools.get(drift.pool);
    const file = inFile.get(drift.pool);
    if (live === undefined || file === undefined) return [];
    const change = changes.of(drift);
    const changed =
      change === null ? null : { seq: change.seq, at: isoTime(change.at), by: actorWords(change.actor) };
    return [{ drift, document: { ...differenceOf(drift, file.settings, live, file.backends), changed } }];
  });
}

export function driftDocuments(state: ControlState, changes: RunTimeChanges): readonly ConfigDifference[] {
  return differencesOf(state, changes).map(({ document }) => document);
}

function differenceOf(
  { pool, backend, setting }: Drift,
  file: PoolSettings,
  live: PoolState,
  fileBackends: ReadonlyMap<BackendId, BackendDefinition>,
): Omit<ConfigDifference, 'changed'> {
  const base = `pools.${pool}`;
  if (backend === undefined && isPoolSetting(setting)) {
    const name = SETTING_NAMES[setting];
    const [inFile, inForce] = [poolSettingsDocument(file), poolSettingsDocument(live.settings)];
    return { path: `${base}.${name}`, file: inFile[name], live: inForce[name] };
  }
  const definition = backend === undefined ? undefined : fileBackends.get(backend);
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
