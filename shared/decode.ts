/**
 * Decodes messages between the primary and its workers, and snapshots. The primary does not trust workers. Shape, ranges and
 * sizes are checked here before any other code reads a message. Whether a message makes sense (the backend exists, the
 * permit is known) is checked by its reader. Never throws.
 */
import { ADMIN_STATES, AVAILABILITIES } from './backend-state.js';
import { listenerSettings } from './listener-settings.js';
import type {
  Ack,
  CertificateMaterial,
  CertificateMessage,
  Flushed,
  FlushRequest,
  Hello,
  ListenFailed,
  LoadMessage,
  MetricsDelta,
  MetricsReply,
  MetricsRequest,
  Nack,
  PrimaryMessage,
  Ready,
  Report,
  SeriesDefinition,
  SessionOperation,
  SessionReply,
  SessionRequest,
  SessionSigningKey,
  ShutdownMessage,
  SnapshotMessage,
  Welcome,
  WorkerMessage,
} from './message.js';
import { FAILURE_REASONS, type BackendOutcomes, type FailureReason, type TrialReport } from './outcome.js';
import { sessionsAt } from './redis-access.js';
import type { SessionLifetime } from './session.js';
import {
  type Shape,
  both,
  bytes,
  decodeShape,
  doubles,
  flag,
  integer,
  list,
  nullable,
  oneOf,
  partialRecord,
  record,
  text,
  variants,
  where,
} from './shape.js';
import {
  MAX_LISTED,
  addresses,
  backendAddress,
  backendName,
  boundTo,
  count,
  forwarding,
  freeText,
  maxConnections,
  millis,
  poolForWorkers,
  poolName,
  route,
  weight,
} from './shape-settings.js';
import type { BackendSnapshot, PoolWithoutSettings, Snapshot, TrialPermit } from './snapshot.js';

/** The most backends that one report or load message may name. */
export const MAX_BACKENDS_PER_REPORT = 10_000;
/** The most trials of one backend in a report. */
export const MAX_TRIALS_PER_BACKEND = 1_000;
/**
 * The most attempts with one result that a report may count for one backend. Sums of such counts stay exact integers and can
 * be stored.
 */
export const MAX_ATTEMPTS_PER_REPORT = 100_000_000;
/** The most series that one delta may introduce. */
export const MAX_SERIES_PER_DELTA = 10_000;
/** The most increments that one delta may carry. */
export const MAX_INCREMENTS_PER_DELTA = 100_000;
/** The largest encoded snapshot, in bytes. */
const MAX_SNAPSHOT_BYTES = 256 * 1024 * 1024;
const MAX_METRICS_TEXT = 256 * 1024 * 1024;
const MAX_PEM = 1024 * 1024;
const MAX_SIGNING_KEYS = 16;
const MAX_SECRET_BYTES = 1024;
const MAX_LABELS = 8;
const MAX_LABEL = 128;
const TICKET_KEY_BYTES = 48;
/** 16 bytes in base64url. */
const SESSION_ID_PATTERN = /^[A-Za-z0-9_-]{22}$/;

type DecodedMessage<M> =
  { readonly ok: true; readonly message: M } | { readonly ok: false; readonly problem: string };

/** Decodes a message from a worker. The problem is one sentence for the log. */
export function decodeWorkerMessage(value: unknown): DecodedMessage<WorkerMessage> {
  return asMessage(workerMessage, value);
}

/** Decodes a message from the primary. */
export function decodePrimaryMessage(value: unknown): DecodedMessage<PrimaryMessage> {
  return asMessage(primaryMessage, value);
}

/** Decodes a snapshot from its parsed JSON. */
export function decodeSnapshot(
  value: unknown,
): { readonly ok: true; readonly snapshot: Snapshot } | { readonly ok: false; readonly problem: string } {
  const decoded = decodeShape(snapshot, value, 'snapshot');
  return decoded.ok ? { ok: true, snapshot: decoded.value } : decoded;
}

function asMessage<M>(shape: Shape<M>, value: unknown): DecodedMessage<M> {
  const decoded = decodeShape(shape, value, 'message');
  return decoded.ok ? { ok: true, message: decoded.value } : decoded;
}

const port = integer(0, 65_535);
const position = { epoch: count, version: count };

const activeRequests = list(
  record<LoadMessage['backends'][number]>({ pool: poolName, backend: backendName, active: count }),
  MAX_BACKENDS_PER_REPORT,
);

const waitingRequests = list(
  record<NonNullable<Report['waiting']>[number]>({ pool: poolName, waiting: count }),
  MAX_BACKENDS_PER_REPORT,
);

const trialReport = record<TrialReport>(
  {
    permit: count,
    result: nullable(oneOf<'success' | 'failure'>('success', 'failure')),
    returned: flag,
  },
  { reason: oneOf<FailureReason>(...FAILURE_REASONS), status: integer(100, 599) },
);

const attempts = integer(0, MAX_ATTEMPTS_PER_REPORT);

const backendOutcomes = record<BackendOutcomes>(
  {
    pool: poolName,
    backend: backendName,
    generation: count,
    successes: attempts,
    failures: partialRecord(FAILURE_REASONS, attempts),
    trials: list(trialReport, MAX_TRIALS_PER_BACKEND),
  },
  { resolved: addresses },
);

const seriesDefinition = record<SeriesDefinition>(
  { metric: text(MAX_LABEL), labels: list(text(MAX_LABEL), MAX_LABELS) },
  { part: text(MAX_LABEL) },
);

const increments = where(
  doubles(2 * MAX_INCREMENTS_PER_DELTA),
  (values) => values.length % 2 === 0 && values.every((value) => value >= 0 && Number.isFinite(value)),
  'expected number and increment in turn, none below 0',
);

const workerMessage = variants<'type', WorkerMessage>('type', {
  hello: record<Hello>({ type: oneOf('hello'), protocol: count, pid: count }),
  ready: record<Ready>({ type: oneOf('ready'), port }),
  'listen-failed': record<ListenFailed>({ type: oneOf('listen-failed'), code: freeText, message: freeText }),
  ack: record<Ack>({ type: oneOf('ack'), ...position }),
  nack: record<Nack>({ type: oneOf('nack'), ...position, reason: freeText }),
  report: record<Report>(
    { type: oneOf('report'), outcomes: list(backendOutcomes, MAX_BACKENDS_PER_REPORT), connections: count },
    { active: activeRequests, waiting: waitingRequests, redisGuarded: flag },
  ),
  metrics: record<MetricsDelta>({
    type: oneOf('metrics'),
    series: list(seriesDefinition, MAX_SERIES_PER_DELTA),
    firstSeries: count,
    values: increments,
  }),
  session: where(
    record<SessionRequest>(
      {
        type: oneOf('session'),
        id: count,
        operation: oneOf<SessionOperation>('lookup', 'bind', 'rebind'),
        pool: poolName,
        session: text(22, SESSION_ID_PATTERN),
        lifetime: record<SessionLifetime>({ idleMs: millis, remainingMs: millis }),
      },
      { from: boundTo, to: backendName },
    ),
    namesItsBackends,
    'the operation lacks `to`, or `from`',
  ),
  'metrics-request': record<MetricsRequest>({ type: oneOf('metrics-request'), id: count }),
  flushed: record<Flushed>({ type: oneOf('flushed'), id: count }),
});

function namesItsBackends(request: SessionRequest): boolean {
  switch (request.operation) {
    case 'lookup':
      return true;
    case 'bind':
      return request.to !== undefined;
    case 'rebind':
      return request.from !== undefined && request.to !== undefined;
  }
}

const certificate = record<CertificateMaterial>({
  certPem: text(MAX_PEM),
  keyPem: text(MAX_PEM),
  ticketKeys: bytes(TICKET_KEY_BYTES, TICKET_KEY_BYTES),
});

/** `undefined` means that the store cannot say. Structured cloning keeps a key with that value. */
const maybeBound: Shape<SessionReply['backend']> = {
  problem: (value, path) => (value === undefined ? null : nullable(boundTo).problem(value, path)),
};

const primaryMessage = variants<'type', PrimaryMessage>('type', {
  welcome: record<Welcome>(
    {
      type: oneOf('welcome'),
      protocol: count,
      worker: count,
      listener: listenerSettings,
      engine: oneOf<'native' | 'compat'>('native', 'compat'),
      certificate: nullable(certificate),
      sessionKeys: list(
        record<SessionSigningKey>({ kid: text(MAX_LABEL), secret: bytes(1, MAX_SECRET_BYTES) }),
        MAX_SIGNING_KEYS,
      ),
      sessions: sessionsAt,
      log: record<Welcome['log']>({ level: text(MAX_LABEL), format: oneOf('json', 'pretty') }),
    },
    { workers: count, index: count },
  ),
  snapshot: record<SnapshotMessage>({
    type: oneOf('snapshot'),
    ...position,
    payload: bytes(1, MAX_SNAPSHOT_BYTES),
  }),
  load: record<LoadMessage>({ type: oneOf('load'), backends: activeRequests }),
  certificate: record<CertificateMessage>({ type: oneOf('certificate'), certificate }),
  'session-reply': record<SessionReply>({ type: oneOf('session-reply'), id: count, backend: maybeBound }),
  'metrics-reply': record<MetricsReply>({
    type: oneOf('metrics-reply'),
    id: count,
    contentType: freeText,
    body: text(MAX_METRICS_TEXT),
  }),
  flush: record<FlushRequest>({ type: oneOf('flush'), id: count }),
  shutdown: record<ShutdownMessage>({ type: oneOf('shutdown'), deadlineMs: millis }),
});

const backendSnapshot = record<BackendSnapshot>(
  {
    id: backendName,
    address: backendAddress,
    weight,
    availability: oneOf(...AVAILABILITIES),
    admin: oneOf(...ADMIN_STATES),
    generation: count,
    permits: list(record<TrialPermit>({ permit: count, worker: count }, { spent: flag }), MAX_LISTED),
  },
  { maxConnections },
);

const snapshot = record<Snapshot>({
  ...position,
  seq: count,
  at: millis,
  forwarding,
  routes: list(route, MAX_LISTED),
  pools: list(
    both(
      poolForWorkers,
      record<PoolWithoutSettings>(
        { id: poolName, version: count, panic: flag, backends: list(backendSnapshot, MAX_LISTED) },
        { sessionsFrom: millis },
      ),
    ),
    MAX_LISTED,
  ),
});
