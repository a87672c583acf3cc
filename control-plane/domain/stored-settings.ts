/**
 * Completes settings in the event log of older releases: a setting that the release did not know gets its default. Therefore
 * a new setting needs no new schema of an event, and no reader has to check whether the setting exists.
 */
import { backend, route } from '#shared/settings/backend.js';
import { completed } from '#shared/settings/complete.js';
import { limits, retry, timeouts } from '#shared/settings/forwarding.js';
import { pool } from '#shared/settings/pool.js';
import type {
  BackendDefinition,
  ConfigDocument,
  ForwardingSettings,
  PoolDefinition,
  PoolSettings,
  Route,
} from '#shared/settings.js';
import type { AppliedConfig, StoredApplied } from './state.js';

/** The last applied configuration, completed. */
export function completedApplied(applied: StoredApplied | null): AppliedConfig | null {
  if (applied === null) return null;
  const { file, sha256, at, document, previous = [] } = applied;
  return { file, sha256, at, document: completedDocument(document), previous };
}

export function completedForwarding(stored: ForwardingSettings): ForwardingSettings {
  return {
    ...stored,
    retry: completed(retry, { ...stored.retry }, ownedBy('')),
    timeouts: completed(timeouts, { ...stored.timeouts }, ownedBy('')),
    limits: completed(limits, { ...stored.limits }, ownedBy('')),
  };
}

export function completedPool(name: string | undefined, stored: PoolSettings): PoolSettings {
  return completed(pool, { ...stored }, ownedBy(name ?? ''));
}

export function completedBackend(stored: BackendDefinition): BackendDefinition {
  return completed(backend, { ...stored }, ownedBy(''));
}

export function completedRoutes(stored: readonly Route[]): readonly Route[] {
  return stored.map((one) => completed(route, { ...one }, ownedBy('')));
}

export function completedDocument(stored: ConfigDocument): ConfigDocument {
  return {
    ...stored,
    forwarding: completedForwarding(stored.forwarding),
    pools: stored.pools.map(completedDefinition),
    routes: completedRoutes(stored.routes),
  };
}

function completedDefinition({ id, settings, backends }: PoolDefinition): PoolDefinition {
  return { id, settings: completedPool(id, settings), backends: backends.map(completedBackend) };
}

/** No default of a stored setting depends on the number of cores, so any number will do. */
function ownedBy(name: string): { readonly pool: string; readonly cores: number } {
  return { pool: name, cores: 1 };
}
