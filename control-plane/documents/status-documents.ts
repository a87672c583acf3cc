/** Documents about the state of the whole and of the workers. */
import { ALGORITHMS } from '#shared/settings/algorithms.js';
import type { TypeOf } from '#shared/shape.js';
import { POOL_STANDINGS } from '../domain/pool-standing.js';
import { ROLL_STATES } from '../workers/roller.js';
import { WORKER_PHASES } from '../workers/worker-status.js';
import { ROLES } from '#shared/role.js';
import { FileStandingField, RejectedLoad } from './config-documents.js';
import * as field from './field.js';
import { FleetDocument } from './fleet-documents.js';
import { BackendDocument } from './pool-documents.js';

const Position = field.object({ epoch: field.count(), version: field.count() });

const PoolStatus = field.object({
  id: field.text(),
  version: field.count(),
  algorithm: field.word(ALGORITHMS),
  panic: field.flag(),
  standing: field.oneOf(POOL_STANDINGS, 'Whether a new request finds a backend.'),
  shortage: field.nullable(
    field.text('What is wrong with the pool as a whole, after its name; null: nothing.'),
  ),
  sessions: field.nullable(field.count()),
  pending_requests: field.count('Requests that wait for a slot at a backend.'),
  backends: field.list(BackendDocument),
});

export const StatusDocument = field.named(
  'Status',
  field.object(
    {
      version: field.text(),
      role: field.oneOf(
        ROLES,
        'The command that runs: `serve`, or for a part of its work `control` or `worker`.',
      ),
      started_at: field.time(),
      uptime_ms: field.count(),
      ready: field.flag(),
      reason: field.text('Why it is or is not ready.'),
      epoch: field.count(),
      seq: field.count('Number of the last event.'),
      snapshot: Position,
      workers: field.object({
        ready: field.count(),
        total: field.count(),
        converged: field.count('Workers on the newest snapshot.'),
      }),
      store: field.withKeywords(
        field.object({
          ok: field.flag(),
          since: field.nullable(field.time()),
          problem: field.nullable(field.text('Why nothing can be stored.')),
          unstored_events: field.count('Events that wait in memory.'),
          lost_events: field.count('Events given up, because more were waiting than memory keeps.'),
        }),
        {
          description:
            'Whether decisions can be stored. While they cannot, they are kept in memory, and changes by operators are refused.',
        },
      ),
      health_checks: field.withKeywords(
        field.object({
          behind: field.flag(),
          late_ms: field.count(
            'How late the latest check of the last seconds began, or is if it has not begun.',
          ),
          waiting: field.count(),
        }),
        { description: 'Whether health checks are made as often as their intervals say.' },
      ),
      config: field.object(
        {
          file: field.text(),
          applied_at: field.nullable(field.time()),
          restart_needed: field.list(field.text()),
          drift: field.count('Places in which run-time changes differ from the file.'),
          last_rejected: field.nullable(RejectedLoad),
        },
        { file_standing: FileStandingField },
      ),
      certificate_trouble: field.nullable(field.text('What is wrong with the certificate; null: nothing.')),
      pools: field.list(PoolStatus),
    },
    { fleet: FleetDocument },
  ),
);
export interface StatusDocument extends TypeOf<typeof StatusDocument> {}

/** Of a worker of another host, only what that host tells the fleet. */
export const WorkerDocument = field.named(
  'Worker',
  field.object(
    {
      worker: field.count(),
      pid: field.nullable(field.count()),
      phase: field.word(WORKER_PHASES),
      converged: field.flag(
        'Whether it has applied the newest snapshot; in a fleet, whether it routes by all that the log of the fleet has.',
      ),
    },
    {
      host: field.text('Where it runs. Absent where there is no fleet.'),
      applied_seq: field.nullable(
        field.count(),
        'The event of the log of the fleet that it routes by; null: none that is known.',
      ),
      slot: field.count(),
      started_at: field.time(),
      restarts: field.count(),
      applied: field.nullable(Position),
      last_nack: field.nullable(field.object({ position: Position, reason: field.text() })),
      last_heard_at: field.nullable(field.time()),
      connections: field.count(),
    },
  ),
);
export interface WorkerDocument extends TypeOf<typeof WorkerDocument> {}

export const RollDocument = field.named(
  'Roll',
  field.object({
    state: field.oneOf(ROLL_STATES, '`stopped`: a new worker did not forward; the others stay.'),
    reason: field.text('Who asked for it, or the limit of memory.'),
    total: field.count('Workers to replace.'),
    replaced: field.count(
      'Workers that are replaced. Those that ended by themselves meanwhile do not count.',
    ),
    started_at: field.time(),
    ended_at: field.nullable(field.time()),
    problem: field.nullable(field.text('Why it stopped; null: it did not.')),
  }),
);
export interface RollDocument extends TypeOf<typeof RollDocument> {}

export const WorkersDocument = field.object(
  { workers: field.list(WorkerDocument) },
  {
    roll: RollDocument,
  },
);
