/**
 * What a worker does with what its primary says: builds itself on `welcome`, applies snapshots, listens after the first
 * one, shuts down. Without a primary it goes on as it is. All surroundings are given; `main.ts` has the real ones.
 */
import type { Snapshot } from '#shared/snapshot.js';
import { decodeSnapshot } from '#shared/decode.js';
import { PROTOCOL_VERSION, type SnapshotMessage, type Welcome } from '#shared/message.js';
import type { Clock, Logger, Random, Timers } from '#shared/ports.js';
import { isNewer } from '#shared/snapshot.js';
import type { AccessLog } from './access-log.js';
import type { Announcement, ControlLink } from './control/control-link.js';
import type { Forwarder, ForwarderContext, MetricsPage } from './forwarder.js';
import { Counters } from './reports/counters.js';
import { OutcomeBook } from './reports/outcome-book.js';
import { Reporter } from './reports/reporter.js';
import { RequestSeries } from './reports/request-series.js';
import { applyLoad } from './routing/backend-load.js';
import { applySnapshot, type RoutingTable } from './routing/routing-table.js';
import { IpcSessionStore } from './sessions/ipc-session-store.js';
import { SessionCookies } from './sessions/session-cookies.js';

/** How long a scrape waits for the totals of the primary. */
export const METRICS_TIMEOUT_MS = 2_000;
/** For a shutdown asked for by a signal before any snapshot told how long. */
const DEFAULT_SHUTDOWN_MS = 10_000;

/** How long an ending worker waits for its last report and log lines to leave. */
const LAST_WORDS_MS = 500;

export interface WorkerParts {
  readonly link: ControlLink;
  readonly clock: Clock;
  readonly timers: Timers;
  monotonic(): number;
  readonly random: Random;
  readonly pid: number;
  createLogger(settings: Welcome['log'], worker: number): Logger;
  createAccessLog(dropped: () => void): AccessLog;
  createForwarder(engine: Welcome['engine'], context: ForwarderContext): Forwarder;
  /** Ends the process. */
  exit(code: number): void;
}

/** What exists from `welcome` on. */
interface Built {
  readonly welcome: Welcome;
  readonly logger: Logger;
  readonly context: ForwarderContext;
  readonly forwarder: Forwarder;
  readonly reporter: Reporter;
}

export class Worker {
  readonly #parts: WorkerParts;
  #built: Built | null = null;
  #table: RoutingTable | null = null;
  #listening: 'no' | 'begun' | 'yes' = 'no';
  #ending = false;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  start(): void {
    const { link, pid } = this.#parts;
    link.onAnnouncement((message) => this.#hear(message));
    link.onClosed(() => this.#orphaned());
    link.send({ type: 'hello', protocol: PROTOCOL_VERSION, pid });
  }

  /** Stops accepting, lets running requests end, and exits. */
  async shutdown(deadlineMs?: number): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    const limit = deadlineMs ?? this.#table?.forwarding.timeouts.shutdownMs ?? DEFAULT_SHUTDOWN_MS;
    this.#built?.logger.info({ deadlineMs: limit }, 'shutting down');
    await this.#built?.forwarder.close(limit);
    this.#built?.reporter.flush();
    this.#built?.reporter.stop();
    await Promise.all([
      this.#parts.link.drained(LAST_WORDS_MS),
      this.#built?.context.accessLog.close(LAST_WORDS_MS),
    ]);
    this.#parts.exit(0);
  }

  #hear(message: Announcement): void {
    switch (message.type) {
      case 'welcome':
        this.#welcomed(message);
        return;
      case 'snapshot':
        this.#snapshot(message);
        return;
      case 'load':
        if (this.#table !== null) applyLoad(this.#table, message);
        return;
      case 'certificate':
        try {
          this.#built?.forwarder.setCertificate(message.certificate);
        } catch (error) {
          this.#built?.logger.error({ error: textOf(error) }, 'certificate refused, the one before stays');
        }
        return;
      case 'flush':
        this.#built?.reporter.flush();
        this.#parts.link.send({ type: 'flushed', id: message.id });
        return;
      case 'shutdown':
        void this.shutdown(message.deadlineMs);
        return;
    }
  }

  #welcomed(welcome: Welcome): void {
    if (this.#built !== null) return;
    const { link, clock, timers, random } = this.#parts;
    const logger = this.#parts.createLogger(welcome.log, welcome.worker);
    if (welcome.protocol !== PROTOCOL_VERSION) {
      logger.fatal(
        { ours: PROTOCOL_VERSION, theirs: welcome.protocol },
        'the primary speaks another protocol',
      );
      this.#parts.exit(1);
      return;
    }
    const counters = new Counters();
    const series = new RequestSeries(counters);
    const outcomes = new OutcomeBook();
    const monotonic = (): number => this.#parts.monotonic();
    const context: ForwarderContext = {
      worker: welcome.worker,
      table: () => this.#inForce(),
      sessions: new IpcSessionStore(link, monotonic),
      cookies: new SessionCookies(welcome.sessionKeys),
      series,
      outcomes,
      accessLog: this.#parts.createAccessLog(() => counters.add(series.accessLogDropped, 1)),
      clock,
      monotonic,
      random,
      timers,
      logger,
      metricsPage: () => this.#metricsPage(),
    };
    const forwarder = this.#parts.createForwarder(welcome.engine, context);
    const reporter = new Reporter({
      link,
      book: outcomes,
      counters,
      clock,
      timers,
      table: () => this.#table,
      connections: () => forwarder.connections(),
    });
    this.#built = { welcome, logger, context, forwarder, reporter };
    reporter.start();
  }

  #snapshot(message: SnapshotMessage): void {
    const { link, clock, random } = this.#parts;
    const built = this.#built;
    if (built === null) return;
    const { epoch, version } = message;
    const problem = ((): string | null => {
      const read = readSnapshot(message);
      if (typeof read === 'string') return read;
      if (read.epoch !== epoch || read.version !== version) return 'position and content differ';
      if (this.#table !== null && !isNewer(read, this.#table)) return null;
      try {
        const { worker, workers, place } = built.welcome;
        this.#table = applySnapshot(this.#table, read, {
          worker,
          workers: workers ?? 1,
          place,
          random,
          at: clock.now(),
        });
        return null;
      } catch (error) {
        return textOf(error);
      }
    })();
    if (problem !== null) {
      built.logger.error({ epoch, version, problem }, 'snapshot refused, the one before stays');
      link.send({ type: 'nack', epoch, version, reason: problem });
      return;
    }
    // Also an older one is answered: with what is in force.
    const inForce = this.#inForce();
    link.send({ type: 'ack', epoch: inForce.epoch, version: inForce.version });
    if (this.#listening === 'no') void this.#listen(built);
  }

  async #listen({ welcome, forwarder, logger }: Built): Promise<void> {
    const { link } = this.#parts;
    this.#listening = 'begun';
    try {
      const port = await forwarder.listen(welcome.listener, welcome.certificate);
      this.#listening = 'yes';
      link.send({ type: 'ready', port });
    } catch (error) {
      this.#listening = 'no';
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
      logger.error({ code, error: textOf(error) }, 'cannot listen');
      link.send({ type: 'listen-failed', code, message: textOf(error) });
    }
  }

  /** The primary is gone. Traffic goes on; who never had a snapshot has nothing to go on with. */
  #orphaned(): void {
    this.#built?.logger.warn({}, 'the primary is gone, serving on with the last snapshot');
    if (this.#listening === 'no') this.#parts.exit(1);
  }

  async #metricsPage(): Promise<MetricsPage | null> {
    const reply = await this.#parts.link.askMetrics(METRICS_TIMEOUT_MS);
    return reply === undefined ? null : { contentType: reply.contentType, body: reply.body };
  }

  #inForce(): RoutingTable {
    if (this.#table === null) throw new Error('there is no snapshot yet');
    return this.#table;
  }
}

function readSnapshot(message: SnapshotMessage): Snapshot | string {
  try {
    const decoded = decodeSnapshot(JSON.parse(new TextDecoder().decode(message.payload)));
    return decoded.ok ? decoded.snapshot : decoded.problem;
  } catch (error) {
    return textOf(error);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
