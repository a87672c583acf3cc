/**
 * The seam between a worker and its engines. An engine owns sockets and the life of each request; everything it
 * decides it asks of `routing/`, and everything it learns it tells its `deps`. `compat/` is http-proxy-3, `http1/` our own.
 */
import type { LookupFunction } from 'node:net';
import type { CertificateMaterial, ListenerSettings } from '#shared/message.js';
import type { Clock, Logger, Random, Timers } from '#shared/ports.js';
import type { SessionStore } from '#shared/session.js';
import type { AccessLog } from './access-log.js';
import type { Shortage } from './shortage.js';
import type { OutcomeBatch } from './reports/outcome-batch.js';
import type { RequestSeries } from './reports/request-series.js';
import type { RoutingTable } from './routing/routing-table.js';
import type { SessionCookies } from './sessions/session-cookies.js';

export interface MetricsPage {
  readonly contentType: string;
  readonly body: string;
}

/** What a worker lends its engine. */
export interface ForwarderDeps {
  readonly worker: number;
  /** The routing table in force: read once per attempt, never kept across one. */
  table(): RoutingTable;
  readonly sessions: SessionStore;
  readonly cookies: SessionCookies;
  readonly series: RequestSeries;
  readonly outcomes: OutcomeBatch;
  readonly accessLog: AccessLog;
  readonly clock: Clock;
  /** Monotonic milliseconds, for durations. */
  monotonic(): number;
  readonly random: Random;
  readonly timers: Timers;
  readonly logger: Logger;
  /** What this process runs short of. */
  readonly shortage: Shortage;
  /** Resolves the names of backends, for each new connection. */
  readonly lookup: LookupFunction;
  /** Asks the primary for the totals of all workers. `null`: it did not answer in time. */
  metricsPage(): Promise<MetricsPage | null>;
}

export interface Forwarder {
  /** Starts to accept; answers the port. Fails with the system's error (EADDRINUSE…), or when the certificate is unfit. */
  listen(settings: ListenerSettings, certificate: CertificateMaterial | null): Promise<number>;
  /** New handshakes use it; running connections stay. Throws when it is unfit: the one before then stays. */
  setCertificate(certificate: CertificateMaterial): void;
  connections(): number;
  /** Stops accepting, lets running requests end with `Connection: close`, and cuts what is left at the deadline. */
  close(deadlineMs: number): Promise<void>;
}
