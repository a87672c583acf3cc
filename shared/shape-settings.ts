/** Shapes of settings, as events and snapshots carry them, from the declarations in `shared/settings/`. */
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

/** Longest list of backends, pools or routes that is read from outside. */
export const MAX_LISTED = 100_000;
/** Longest free text, UTF-16 units: paths, reasons, error messages. */
export const MAX_TEXT = 8_192;
/** An IPv6 address with a zone is no longer. */
const MAX_ADDRESS = 128;

export const poolName = names.poolName.shape;
export const backendName = names.backendName.shape;
/** A backend, or that the session was ended. */
export const boundTo: Shape<BackendId> = {
  problem: (value, path) => (value === NO_BACKEND ? null : backendName.problem(value, path)),
};
export const freeText = text(MAX_TEXT);
export const count = integer(0);
/** Milliseconds, a time or a duration; fractions are allowed. */
export const millis = finite(0, Number.MAX_SAFE_INTEGER);

/** What a name stands for. */
export const addresses = list(text(MAX_ADDRESS), MAX_ADDRESSES);

export const algorithm = pools.algorithm.shape;
export const sticky = shapeOf(pools.sticky);
export const queue = shapeOf(pools.queue);
export const maxConnections = pools.connectionLimit.shape;
export const backendAddress = names.backendUrl.shape;
export const weight = weightKind.shape;
export const poolTimeouts = shapeOf(forwarded.poolTimeouts);
export const poolRetry = shapeOf(forwarded.poolRetry);
export const route = shapeOf(routeSettings);

/** Settings as a snapshot carries them. */
export const forwarding = forwardingShape('whole');

/**
 * Settings as the event log has them: what an older release did not know may be missing. The control plane fills it in
 * when it reads them (`domain/stored-settings.ts`).
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
