/** Shape of a checkpoint: the state, with its maps written as lists. Bounds are as wide as those of events. */
import { flag, list, nullable, oneOf, pair, record, variants } from '#shared/shape.js';
import {
  addresses,
  backendAddress,
  backendName,
  storedDocument,
  count,
  storedForwarding,
  maxConnections,
  poolName,
  storedPoolSettings,
  route,
  weight,
} from '#shared/shape-settings.js';
import type { SerializedPool, SerializedState } from '../domain/serialize.js';
import type { AppliedConfig, BackendState, BreakerState, RejectedConfig, Resolved } from '../domain/state.js';
import { adminState, health, MAX_STORED_LIST, origin, texts, time, words } from '../domain/stored-shapes.js';

const breakerState = variants<'phase', BreakerState>('phase', {
  closed: record({ phase: oneOf('closed'), openings: count, since: time }),
  open: record({ phase: oneOf('open'), openings: count, since: time, until: time }),
  'half-open': record({ phase: oneOf('half-open'), openings: count, since: time }),
});

const resolved = record<Resolved>({ addresses, since: time, before: addresses });

const backendState = record<BackendState>(
  {
    id: backendName,
    address: backendAddress,
    weight,
    generation: count,
    origin,
    admin: adminState,
    health,
    healthSince: time,
    breaker: breakerState,
  },
  {
    maxConnections,
    resolved: record<NonNullable<BackendState['resolved']>>({}, { checks: resolved, traffic: resolved }),
  },
);

const storedPool = record<SerializedPool>({
  id: poolName,
  version: count,
  settings: storedPoolSettings,
  backends: list(pair(backendName, backendState), MAX_STORED_LIST),
  panic: flag,
});

export const storedState = record<SerializedState>({
  epoch: count,
  seq: count,
  at: time,
  applied: nullable(
    record<AppliedConfig>({
      file: words,
      sha256: words,
      at: time,
      document: storedDocument,
      restartNeeded: texts,
    }),
  ),
  rejected: nullable(record<RejectedConfig>({ file: words, at: time, problems: texts })),
  forwarding: nullable(storedForwarding),
  routes: list(route, MAX_STORED_LIST),
  pools: list(pair(poolName, storedPool), MAX_STORED_LIST),
});
