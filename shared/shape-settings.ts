/** Shapes of settings in events and snapshots, derived from the declarations in `shared/settings/`. */
import type { BackendId } from './ids.js';
import { MAX_ADDRESSES } from './resolved-names.js';
import { NO_BACKEND } from './session.js';
import {
  backend,
  backendSettings,
  route as routeSettings,
  weight as weightKind,
} from './settings/backend.js';
import * as forwarded from './settings/forwarding.js';
import * as names from './settings/names.js';
import { trustedProxies } from './settings/networks.js';
import * as pools from './settings/pool.js';
import { changesShape, shapeOf, type Strictness } from './settings/shape-of.js';
import type { ConfigDocument, ForwardingSettings, PoolDefinition } from './settings.js';
import { finite, integer, list, nullable, record, text, type Shape } from './shape.js';

/** The longest list of backends, pools or routes that is read from outside. */
export const MAX_LISTED = 100_000;
/** The longest free text, in UTF-16 units: paths, reasons, error messages. */
export const MAX_TEXT = 8_192;
/** The longest address, in characters. An IPv6 address with a zone is not longer. */
const MAX_ADDRESS = 128;

export const poolName = names.poolName.shape;
export const backendName = names.backendName.shape;
/** The name of a backend, or the mark of an ended session. */
export const boundTo: Shape<BackendId> = {
  problem: (value, path) => (value === NO_BACKEND ? null : backendName.problem(value, path)),
};
export const freeText = text(MAX_TEXT);
export const count = integer(0);
/** A time or a duration in milliseconds. Fractions are allowed. */
export const millis = finite(0, Number.MAX_SAFE_INTEGER);

/** The addresses of a name. */
export const addresses = list(text(MAX_ADDRESS), MAX_ADDRESSES);

export const poolForWorkers = shapeOf(pools.poolForWorkers);
export const maxConnections = pools.connectionLimit.shape;
export const backendAddress = names.backendUrl.shape;
export const weight = weightKind.shape;
export const route = shapeOf(routeSettings);

/** Settings in a snapshot. */
export const forwarding = forwardingShape('whole');

/**
 * Settings in the event log. A setting that an older release did not know may be missing. The control plane completes such
 * settings when it reads them (`domain/stored-settings.ts`).
 */
export const storedForwarding = forwardingShape('stored');
export const storedPoolSettings = shapeOf(pools.pool, 'stored');
export const backendChanges = changesShape(backendSettings);
export const storedBackend = shapeOf(backend, 'stored');
export const storedRoute = shapeOf(routeSettings, 'stored');

export const storedDocument = record<ConfigDocument>({
  forwarding: storedForwarding,
  pools: list(
    record<PoolDefinition>({
      id: poolName,
      settings: storedPoolSettings,
      backends: list(storedBackend, MAX_LISTED),
    }),
    MAX_LISTED,
  ),
  routes: list(storedRoute, MAX_LISTED),
});

function forwardingShape(strictness: Strictness): Shape<ForwardingSettings> {
  return record<ForwardingSettings>({
    retry: shapeOf(forwarded.retry, strictness),
    timeouts: shapeOf(forwarded.timeouts, strictness),
    limits: shapeOf(forwarded.limits, strictness),
    trustedProxies: trustedProxies.shape,
    metricsPath: nullable(forwarded.metricsPath.shape),
    accessLogRatio: finite(0, 1),
  });
}
