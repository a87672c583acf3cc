/**
 * Metrics that workers count on the request path: name, type, help and labels of each. Workers send increments, and the
 * primary keeps the totals. `control-plane/metrics/catalogue.ts` has the metrics that only the primary knows.
 */
import { metric, type MetricDefinition } from './metric.js';

export const WORKER_METRICS = {
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
  redisCommands: metric(
    'counter',
    'redis_commands_total',
    'Calls to Redis, by what the connection is for (control, bell, session) and by result: ok, refused (an error of Redis), timeout, lost (the connection broke), not_ready (not sent).',
    'role',
    'result',
  ),
  accessLogDropped: metric(
    'counter',
    'access_log_dropped_total',
    'Access log lines dropped because nobody read them.',
  ),
} as const satisfies Record<string, MetricDefinition>;

export type WorkerMetric = keyof typeof WORKER_METRICS;
