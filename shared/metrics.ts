/**
 * The catalogue of metrics: name, type, help and labels of each, once. Workers count those of the request path and
 * send increments; the primary owns the totals and fills in the rest at a scrape. Label sets are closed: pools and
 * backends are configured names, methods and codes come from fixed lists, so a client cannot make series.
 */
export type MetricType = 'counter' | 'gauge' | 'histogram';

export interface MetricDefinition {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly labels: readonly string[];
}

/** Upper bounds of the duration histograms, seconds. */
export const DURATION_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** Methods that have a label value of their own; all others count as `other`. */
export const METHOD_LABELS: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'other',
];

/** Versions of HTTP that clients are served in. */
export const HTTP_VERSIONS = ['1.0', '1.1', '2'] as const;
export type HttpVersion = (typeof HTTP_VERSIONS)[number];

/** Label `pool` of requests that reached no pool (not HTTP, no route). No pool can have this name. */
export const NO_POOL = '-';

/** Values of `code_class`; `other` for status codes that HTTP does not define (600 and above). */
export const CODE_CLASSES: readonly string[] = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'];

/** Values of `result` of sticky decisions. */
export const STICKY_RESULTS = ['new', 'hit', 'moved', 'expired', 'invalid', 'unsure'] as const;

/** Why a retry that was wanted was not made. */
export const WITHHELD_CAUSES = [
  'attempts',
  'budget',
  'method',
  'body',
  'started',
  'no_backend',
  'full',
] as const;

/** Why a client connection was not served. */
export const CONNECTION_REFUSALS = ['limit', 'descriptors', 'tls'] as const;

/** Why a connection to the admin listener was ended. */
export const ADMIN_CONNECTION_ENDS = ['gave_way', 'refused', 'late'] as const;
export type AdminConnectionEnd = (typeof ADMIN_CONNECTION_ENDS)[number];

/** Series that one metric may have; further ones are counted in `tidegate_metrics_dropped_series_total` only. */
export const MAX_SERIES_PER_METRIC = 10_000;

function metric(type: MetricType, name: string, help: string, ...labels: string[]): MetricDefinition {
  return { name: `tidegate_${name}`, type, help, labels };
}

export const METRICS = {
  // Counted by workers on the request path.
  requests: metric(
    'counter',
    'requests_total',
    'Requests answered, local replies included.',
    'pool',
    'method',
    'code',
  ),
  requestsByVersion: metric(
    'counter',
    'requests_by_version_total',
    'Requests answered, by the version of HTTP that the client spoke.',
    'version',
  ),
  requestDuration: metric(
    'histogram',
    'request_duration_seconds',
    'Time from the request head to the end of the response.',
    'pool',
    'code_class',
  ),
  localReplies: metric(
    'counter',
    'local_replies_total',
    'Answers that Tidegate gave itself, by error code.',
    'pool',
    'error',
  ),
  backendRequests: metric(
    'counter',
    'backend_requests_total',
    'Attempts that a backend answered, by the class of the status: to the end, or until the client left.',
    'pool',
    'backend',
    'code_class',
  ),
  backendErrors: metric(
    'counter',
    'backend_errors_total',
    'Attempts that failed, by reason. Those of the reason status were answered, the others were not, or not to the end.',
    'pool',
    'backend',
    'reason',
  ),
  retries: metric(
    'counter',
    'retries_total',
    'Further attempts, by reason of the first failure.',
    'pool',
    'reason',
  ),
  retriesExhausted: metric(
    'counter',
    'retries_withheld_total',
    'Retries that were wanted but not made.',
    'pool',
    'cause',
  ),
  stickyLookups: metric(
    'counter',
    'sticky_lookups_total',
    'Sticky decisions: new, hit, moved (bound elsewhere because its backend is out), expired, invalid, unsure (the store did not answer).',
    'pool',
    'result',
  ),
  receivedBytes: metric(
    'counter',
    'received_bytes_total',
    'Request body bytes received from clients.',
    'pool',
  ),
  sentBytes: metric('counter', 'sent_bytes_total', 'Response body bytes sent to clients.', 'pool'),
  tunnels: metric('counter', 'tunnels_total', 'Upgraded connections.', 'pool'),
  connectionsAccepted: metric('counter', 'connections_accepted_total', 'Client connections accepted.'),
  connectionsRefused: metric(
    'counter',
    'connections_refused_total',
    'Client connections ended before a request, by reason: limit (limits.connections_per_worker), descriptors (out of open files), tls (handshake failed or late).',
    'reason',
  ),
  internalErrors: metric(
    'counter',
    'internal_errors_total',
    'Exceptions where none should be: bugs. The request concerned was lost, the log has the stack.',
  ),
  queueWait: metric(
    'histogram',
    'queue_wait_seconds',
    'Time that requests waited for room at a backend, however the wait ended. Requests that found room at once are not counted.',
    'pool',
  ),
  clientAborts: metric(
    'counter',
    'client_aborts_total',
    'Requests whose client went away before the end.',
    'pool',
  ),
  accessLogDropped: metric(
    'counter',
    'access_log_dropped_total',
    'Access log lines dropped because nobody read them.',
  ),
  // Known to the primary.
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
    'Requests in flight to the backend, all workers.',
    'pool',
    'backend',
  ),
  backendMaxConnections: metric(
    'gauge',
    'backend_max_connections',
    'Requests in flight that this host gives the backend at most, or one per worker where it is less. Absent where there is no limit.',
    'pool',
    'backend',
  ),
  poolPending: metric(
    'gauge',
    'pool_pending_requests',
    'Requests that wait for room at a backend, all workers.',
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
    'How late the latest of the health checks of the last seconds began, or has not begun yet.',
  ),
  healthChecksWaiting: metric(
    'gauge',
    'health_checks_waiting',
    'Health checks whose time has come and that have not begun.',
  ),
  poolPanic: metric('gauge', 'pool_panic', '1 while the pool serves through ejected backends.', 'pool'),
  stickySessions: metric('gauge', 'sticky_sessions', 'Bindings in the session table.', 'pool'),
  events: metric('counter', 'control_events_total', 'Events appended to the event log.', 'type'),
  eventLogSeq: metric('gauge', 'event_log_seq', 'Sequence number of the last event.'),
  storeOk: metric(
    'gauge',
    'store_ok',
    '1 while what is decided can be stored; 0: it goes on in memory alone.',
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
  workerRestarts: metric('counter', 'worker_restarts_total', 'Workers that ended unasked.', 'reason'),
  workerConnections: metric('gauge', 'worker_connections', 'Open client connections.', 'worker'),
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
  configDrift: metric(
    'gauge',
    'config_drift',
    'Places in which run-time changes make what is in force differ from the file.',
  ),
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

/** Metrics that workers may send increments of. */
export const WORKER_METRICS: readonly MetricKey[] = [
  'requests',
  'requestsByVersion',
  'requestDuration',
  'localReplies',
  'backendRequests',
  'backendErrors',
  'retries',
  'retriesExhausted',
  'stickyLookups',
  'receivedBytes',
  'sentBytes',
  'tunnels',
  'connectionsAccepted',
  'connectionsRefused',
  'internalErrors',
  'queueWait',
  'clientAborts',
  'accessLogDropped',
];
