/**
 * Shapes of what the event log stores: the data of events in their present schema, and checkpoints with
 * their maps written as lists. Bounds are wide: whatever a sound release wrote must be readable, and what would not
 * be readable is refused before it is written (`codec.ts`).
 */
import { ADMIN_STATES, HEALTHS } from '#shared/backend-state.js';
import { FAILURE_REASONS } from '#shared/outcome.js';
import type { Shape } from '#shared/shape.js';
import { finite, flag, integer, list, nullable, oneOf, pair, record, text, variants } from '#shared/shape.js';
import {
  addresses,
  backendAddress,
  backendDefinition,
  backendName,
  configDocument,
  count,
  forwarding,
  poolName,
  poolSettings,
  route,
  maxConnections,
  weight,
} from '#shared/shape-settings.js';
import type { BreakerEvidence, EventData, EventType, HealthEvidence } from '../domain/events.js';
import type { SerializedPool, SerializedState } from '../domain/serialize.js';
import type { AppliedConfig, BackendState, BreakerState, RejectedConfig, Resolved } from '../domain/state.js';
import { checkResult, outcomeBucket } from './journal-shape.js';

/** Longest text and list within an event. */
const MAX_EVENT_TEXT = 16 * 1024 * 1024;
const MAX_EVENT_LIST = 1_000_000;

const words = text(MAX_EVENT_TEXT);
const texts = list(words, MAX_EVENT_LIST);
const time = finite(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const ratio = finite(0, 1);
const health = oneOf(...HEALTHS);
const admin = oneOf(...ADMIN_STATES);
const origin = oneOf<'file' | 'api'>('file', 'api');

const healthEvidence = variants<'kind', HealthEvidence>('kind', {
  checks: record({ kind: oneOf('checks'), results: list(checkResult, MAX_EVENT_LIST), threshold: count }),
  'check-removed': record({ kind: oneOf('check-removed') }),
});

const breakerEvidence = variants<'kind', BreakerEvidence>('kind', {
  window: record({
    kind: oneOf('window'),
    buckets: list(outcomeBucket, MAX_EVENT_LIST),
    successes: count,
    failures: count,
    failureThreshold: count,
    failureRatio: ratio,
  }),
  'trial-failed': record(
    { kind: oneOf('trial-failed'), worker: count },
    { reason: oneOf(...FAILURE_REASONS), status: integer(100, 599) },
  ),
});

const worker = { worker: count, pid: count };
const certificate = { certFile: words };

/** The `data` of each type of event, in the schema that this release writes. */
export const EVENT_DATA_SHAPES: { readonly [T in EventType]: Shape<EventData[T]> } = {
  PrimaryStarted: record({ version: words, pid: count }),
  PrimaryStopped: record({ reason: words }),
  ConfigApplied: record({ file: words, sha256: words, document: configDocument, restartNeeded: texts }),
  ConfigRejected: record({ file: words, problems: texts }),
  ForwardingChanged: record({ forwarding }),
  RoutesChanged: record({ routes: list(route, MAX_EVENT_LIST) }),
  PoolAdded: record({ settings: poolSettings }),
  PoolRemoved: record({}),
  PoolSettingsChanged: record({ settings: poolSettings, previous: poolSettings }),
  BackendAdded: record({ definition: backendDefinition, generation: count, health, origin }),
  BackendRemoved: record({ definition: backendDefinition }),
  BackendOriginChanged: record({ origin }),
  WeightChanged: record({ from: weight, to: weight }),
  MaxConnectionsChanged: record({ from: nullable(maxConnections), to: nullable(maxConnections) }),
  AdminStateChanged: record({ from: admin, to: admin }),
  BackendResolved: record({ by: oneOf('checks', 'traffic'), from: addresses, to: addresses }),
  BackendBecameHealthy: record({ from: health, evidence: healthEvidence }),
  BackendBecameUnhealthy: record({ from: health, evidence: healthEvidence }),
  BreakerOpened: record({
    from: oneOf('closed', 'half-open'),
    openings: count,
    until: time,
    evidence: breakerEvidence,
  }),
  BreakerHalfOpened: record({ openedAt: time, limit: count }),
  BreakerClosed: record({
    from: oneOf('open', 'half-open'),
    cause: oneOf('trials', 'disabled'),
    successes: count,
  }),
  PanicEntered: record({ ready: count, ejected: count, maxEjectionPercent: finite(0, 100) }),
  PanicLeft: record({ ready: count, ejected: count }),
  WorkerStarted: record(worker),
  WorkerReady: record({ worker: count }),
  WorkerExited: record({ ...worker, reason: words, expected: flag }),
  CertificateLoaded: record({ ...certificate, fingerprint: words, subject: words, notAfter: time }),
  CertificateRejected: record({ ...certificate, problem: words }),
  EventsLost: record({ first: count, last: count, since: nullable(time), reason: oneOf('memory', 'file') }),
};

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
    admin,
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
  settings: poolSettings,
  backends: list(pair(backendName, backendState), MAX_EVENT_LIST),
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
      document: configDocument,
      restartNeeded: texts,
    }),
  ),
  rejected: nullable(record<RejectedConfig>({ file: words, at: time, problems: texts })),
  forwarding: nullable(forwarding),
  routes: list(route, MAX_EVENT_LIST),
  pools: list(pair(poolName, storedPool), MAX_EVENT_LIST),
});
