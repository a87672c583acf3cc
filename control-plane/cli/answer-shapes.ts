/**
 * The shapes of what the admin API answers (`admin/documents.ts`), so that whatever else listens where it is asked is
 * told apart from it. Keys that are not named here are passed over.
 */
import { ADMIN_STATES, AVAILABILITIES, BREAKER_PHASES, HEALTHS } from '#shared/backend-state.js';
import { finite, flag, integer, list, nullable, oneOf, record, type Shape, text } from '#shared/shape.js';
import { POOL_STANDINGS } from '../domain/pool-standing.js';
import type {
  BackendDocument,
  ConfigDifference,
  DriftDocument,
  EventsDocument,
  PoolDocument,
  PositionDocument,
  RejectedLoad,
  ReloadDocument,
  ResetDocument,
  StatusDocument,
  WhyDocument,
  WorkerDocument,
} from '../admin/documents.js';
import type { EventDocument } from '../hindsight/event-document.js';
import type { FieldProblem, ProblemDocument } from '../admin/problem.js';

/** Longest text in an answer, in UTF-16 units, and most elements of a list. */
const MAX_TEXT = 1_048_576;
const MAX_LIST = 1_000_000;

const word = text(MAX_TEXT);
const count = integer(0);
/** An object; what is in it is the printing's, which takes anything. */
const mapping: Shape<Readonly<Record<string, unknown>>> = {
  problem: (value, path) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? null
      : `${path}: expected an object`,
};

function listOf<T>(element: Shape<T>): Shape<readonly T[]> {
  return list(element, MAX_LIST);
}

const availability = oneOf(...AVAILABILITIES);

export const backendShape = record<BackendDocument>({
  pool: word,
  id: word,
  url: word,
  weight: count,
  admin: oneOf(...ADMIN_STATES),
  health: oneOf(...HEALTHS),
  health_since: word,
  breaker: record<BackendDocument['breaker']>(
    { state: oneOf(...BREAKER_PHASES), since: word, openings: count },
    { until: word },
  ),
  availability,
  since: word,
  since_ms: finite(-Number.MAX_VALUE, Number.MAX_VALUE),
  reason: word,
  origin: oneOf('file', 'api'),
  generation: count,
  active_requests: count,
  max_connections: nullable(count),
});

export const poolShape = record<PoolDocument>({
  id: word,
  version: count,
  algorithm: word,
  health_check: mapping,
  circuit_breaker: mapping,
  max_connections: nullable(count),
  queue: mapping,
  sticky_session: mapping,
  panic: flag,
  sessions: count,
  pending_requests: count,
  backends: listOf(backendShape),
});

const positionShape = record<PositionDocument>({ epoch: count, version: count });

export const statusShape = record<StatusDocument>({
  version: word,
  started_at: word,
  uptime_ms: finite(0, Number.MAX_VALUE),
  ready: flag,
  reason: word,
  epoch: count,
  seq: count,
  snapshot: positionShape,
  workers: record<StatusDocument['workers']>({ ready: count, total: count, converged: count }),
  store: record<StatusDocument['store']>({
    ok: flag,
    since: nullable(word),
    problem: nullable(word),
    unstored_events: count,
    lost_events: count,
  }),
  health_checks: record<StatusDocument['health_checks']>({ behind: flag, late_ms: count, waiting: count }),
  config: record<StatusDocument['config']>({
    file: word,
    applied_at: nullable(word),
    restart_needed: listOf(word),
    drift: count,
    last_rejected: nullable(record<RejectedLoad>({ at: word, problems: listOf(word) })),
  }),
  certificate_trouble: nullable(word),
  pools: listOf(
    record<StatusDocument['pools'][number]>({
      id: word,
      version: count,
      algorithm: word,
      panic: flag,
      standing: oneOf(...POOL_STANDINGS),
      shortage: nullable(word),
      sessions: count,
      pending_requests: count,
      backends: listOf(backendShape),
    }),
  ),
});

const workerShape = record<WorkerDocument>({
  worker: count,
  slot: count,
  pid: nullable(count),
  phase: word,
  started_at: word,
  restarts: count,
  applied: nullable(positionShape),
  converged: flag,
  last_nack: nullable(
    record<NonNullable<WorkerDocument['last_nack']>>({ position: positionShape, reason: word }),
  ),
  last_heard_at: nullable(word),
  connections: count,
});

export interface WorkersDocument {
  readonly workers: readonly WorkerDocument[];
}

export const workersShape = record<WorkersDocument>({ workers: listOf(workerShape) });

export const eventShape = record<EventDocument>(
  {
    epoch: count,
    seq: count,
    at: word,
    at_ms: finite(-Number.MAX_VALUE, Number.MAX_VALUE),
    type: word,
    schema: count,
    actor: record<EventDocument['actor']>({ kind: word }, { name: word }),
    sentence: word,
    cause: record<EventDocument['cause']>({ command: word, id: count }, { event: count }),
    data: mapping,
  },
  { pool: word, backend: word },
);

export const eventsShape = record<EventsDocument>({ events: listOf(eventShape), more: flag });

export const whyShape = record<WhyDocument>({
  pool: word,
  backend: word,
  at: word,
  availability: nullable(availability),
  panic: flag,
  headline: word,
  steps: listOf(
    record<WhyDocument['steps'][number]>({
      seq: count,
      at: word,
      at_ms: finite(-Number.MAX_VALUE, Number.MAX_VALUE),
      type: word,
      sentence: word,
      evidence: listOf(word),
    }),
  ),
  omitted: count,
});

export const reloadShape = record<ReloadDocument>({
  result: oneOf('applied', 'unchanged'),
  events: count,
  restart_needed: listOf(word),
  drift: count,
});

const anything: Shape<unknown> = { problem: () => null };

export const driftShape = record<DriftDocument>({
  file: word,
  version: count,
  differences: listOf(
    record<ConfigDifference>({
      path: word,
      file: anything,
      live: anything,
      changed: nullable(record<NonNullable<ConfigDifference['changed']>>({ seq: count, at: word, by: word })),
    }),
  ),
});

export const resetShape = record<ResetDocument>({ reset: listOf(word), drift: count });

export const problemShape = record<ProblemDocument>(
  { type: text(MAX_TEXT, /^urn:tidegate:/), title: word, status: count, detail: word },
  {
    problems: listOf(
      record<FieldProblem>(
        { path: word, message: word },
        { file: word, line: count, col: count, found: word },
      ),
    ),
    current_version: count,
  },
);
