/**
 * The catalogue of all metrics: those that workers count, those that the primary counts, and those that it reads at a
 * scrape.
 */
import { metric, type MetricDefinition } from '#shared/metric.js';
import { WORKER_METRICS } from '#shared/worker-metrics.js';

export const METRICS = {
  ...WORKER_METRICS,
  backendUp: metric(
    'gauge',
    'backend_up',
    '1 when the backend is available or on trial, else 0.',
    'pool',
    'backend',
  ),
  backendAvailability: metric(
    'gauge',
    'backend_availability',
    '1 for the present availability of the backend, 0 for the others.',
    'pool',
    'backend',
    'availability',
  ),
  backendWeight: metric('gauge', 'backend_weight', 'Weight of the backend.', 'pool', 'backend'),
  backendActive: metric(
    'gauge',
    'backend_active_connections',
    'Requests in flight to the backend, in all workers.',
    'pool',
    'backend',
  ),
  backendMaxConnections: metric(
    'gauge',
    'backend_max_connections',
    'Most requests in flight from this host to the backend, at least one per worker. Absent if there is no limit.',
    'pool',
    'backend',
  ),
  poolPending: metric(
    'gauge',
    'pool_pending_requests',
    'Requests that wait for a slot at a backend, in all workers.',
    'pool',
  ),
  breakerState: metric(
    'gauge',
    'breaker_state',
    '1 for the present state of the breaker, 0 for the others.',
    'pool',
    'backend',
    'state',
  ),
  breakerTransitions: metric(
    'counter',
    'breaker_transitions_total',
    'Changes of the breaker, by new state.',
    'pool',
    'backend',
    'state',
  ),
  healthChecks: metric('counter', 'health_checks_total', 'Health checks made.', 'pool', 'backend', 'result'),
  healthCheckDuration: metric(
    'gauge',
    'health_check_duration_seconds',
    'Duration of the last health check.',
    'pool',
    'backend',
  ),
  healthChecksLate: metric(
    'gauge',
    'health_checks_late_seconds',
    'How late the latest health check of the last seconds began, or is if it has not begun.',
  ),
  healthChecksWaiting: metric(
    'gauge',
    'health_checks_waiting',
    'Health checks that are due and have not begun.',
  ),
  poolPanic: metric('gauge', 'pool_panic', '1 while the pool serves through ejected backends.', 'pool'),
  stickySessions: metric(
    'gauge',
    'sticky_sessions',
    'Bindings in the session table of this host. Absent if they are in Redis.',
    'pool',
  ),
  events: metric('counter', 'control_events_total', 'Events appended to the event log.', 'type'),
  eventLogSeq: metric('gauge', 'event_log_seq', 'Sequence number of the last event.'),
  storeOk: metric(
    'gauge',
    'store_ok',
    '1 while decisions can be stored, 0 while they are only kept in memory.',
  ),
  storeFailures: metric(
    'counter',
    'store_failures_total',
    'Attempts to use the event log that failed, by kind: unavailable (disk full, read-only, I/O error), lost (its file was deleted or replaced), in-use (locked by another process).',
    'kind',
  ),
  journalEntriesLost: metric(
    'counter',
    'journal_entries_lost_total',
    'Entries of the observation journal that were given up, by cause: buffer (more waited than memory keeps, or the file was lost).',
    'cause',
  ),
  snapshotVersion: metric('gauge', 'snapshot_version', 'Version of the newest snapshot.'),
  snapshotEpoch: metric('gauge', 'snapshot_epoch', 'Epoch of the newest snapshot.'),
  snapshotApplied: metric(
    'gauge',
    'snapshot_applied_version',
    'Version of the snapshot that the worker has applied.',
    'worker',
  ),
  snapshotNacks: metric('counter', 'snapshot_nacks_total', 'Snapshots refused by workers.'),
  workers: metric('gauge', 'workers', 'Workers by state.', 'state'),
  workerRestarts: metric('counter', 'worker_restarts_total', 'Workers that ended unexpectedly.', 'reason'),
  workerConnections: metric('gauge', 'worker_connections', 'Open client connections.', 'worker'),
  leader: metric(
    'gauge',
    'leader',
    '1 while this host leads its fleet, else 0. Absent where there is no fleet.',
  ),
  mode: metric(
    'gauge',
    'mode',
    '1 for how this host goes by its fleet at present, 0 for the other way.',
    'mode',
  ),
  fleetPosition: metric(
    'gauge',
    'fleet_position_seq',
    'Sequence number of the last event of the log of the fleet that this host has.',
  ),
  fleetAge: metric(
    'gauge',
    'fleet_age_seconds',
    'Time since Redis answered this host last. Absent until it has answered once.',
  ),
  clockOffset: metric(
    'gauge',
    'clock_offset_seconds',
    'How much the clock of Redis is ahead of the clock of this host.',
  ),
  appendsUnknown: metric(
    'counter',
    'appends_unknown_total',
    'Appends to the log of the fleet by this host that Redis did not answer, so that it had to look whether they are stored.',
  ),
  appendsUnreplicated: metric(
    'counter',
    'fleet_appends_unreplicated_total',
    'Appends to the log of the fleet by this host that fewer replicas of Redis than `redis.wait_replicas` had in time.',
  ),
  fleetHosts: metric(
    'gauge',
    'fleet_hosts',
    'Hosts of the fleet by state: following, autonomous, silent (not heard of for 5 s). Only on the host that leads.',
    'state',
  ),
  fleetConverged: metric(
    'gauge',
    'fleet_workers_converged',
    '1 while every worker of every live host routes by all that the log of the fleet has, else 0. Only on the host that leads.',
  ),
  redisGuardOpen: metric(
    'gauge',
    'redis_guard_open',
    '1 while the worker does not ask Redis for sessions, because Redis is unreachable or too slow: cookies alone decide then.',
    'worker',
  ),
  configReloadOk: metric(
    'gauge',
    'config_last_reload_successful',
    '1 when the last load of the configuration was applied.',
  ),
  configReloadAt: metric(
    'gauge',
    'config_last_reload_timestamp_seconds',
    'Time of the last load of the configuration.',
  ),
  configDrift: metric('gauge', 'config_drift', 'Places in which run-time changes differ from the file.'),
  certificateNotAfter: metric(
    'gauge',
    'certificate_not_after_timestamp_seconds',
    'End of validity of the certificate in use.',
  ),
  droppedSeries: metric(
    'counter',
    'metrics_dropped_series_total',
    'Series refused because their metric is at its cap.',
    'metric',
  ),
  refusedIncrements: metric(
    'counter',
    'metrics_refused_total',
    'Increments sent by workers that were refused, by cause.',
    'cause',
  ),
  mailboxDepth: metric('gauge', 'control_mailbox_depth', 'Commands that wait for the control loop.'),
  mailboxDropped: metric(
    'counter',
    'control_commands_dropped_total',
    'Commands refused because the mailbox was full.',
    'type',
  ),
  adminConnectionsEnded: metric(
    'counter',
    'admin_connections_ended_total',
    'Connections that the admin listener ended, by reason: gave_way (no whole request had come, and a new connection needed the room), refused (no room), late (a request did not come, or an answer was not taken, in time).',
    'reason',
  ),
  build: metric('gauge', 'build_info', 'Always 1; labels tell the build.', 'version', 'node'),
} as const satisfies Record<string, MetricDefinition>;

export type MetricKey = keyof typeof METRICS;
