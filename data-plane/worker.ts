/**
 * The life of a worker, led by the messages of its primary: it builds itself on `welcome`, applies snapshots, listens after the
 * first one, shuts down. Without a primary it goes on as it is. `run-worker.ts` gives it the system; tests give their own.
 */
import { isNewer, type Snapshot } from '#shared/snapshot.js';
import { decodeSnapshot } from '#shared/decode.js';
import { PROTOCOL_VERSION, type SnapshotMessage, type Welcome } from '#shared/message.js';
import { codeOf, messageOf } from '#shared/error-text.js';
import { buildWorker, type Built, type WorkerDeps } from './build-worker.js';
import type { Announcement } from './control/control-link.js';
import { ageFactor } from './connection-age.js';
import { applyLoad } from './routing/backend-load.js';
import { applySnapshot, type RoutingTable } from './routing/routing-table.js';
import { countStrays, strayCame, type StrayExceptions } from './stray-exceptions.js';

/** Time for a shutdown by a signal that comes before any snapshot has said how long. */
const DEFAULT_SHUTDOWN_MS = 10_000;

/** How long an ending worker waits for its last report and log lines to leave. */
const LAST_WORDS_MS = 500;

export class Worker {
  readonly #deps: WorkerDeps;
  readonly #strays: StrayExceptions;
  #built: Built | null = null;
  #table: RoutingTable | null = null;
  #listening: 'no' | 'begun' | 'yes' = 'no';
  #ending = false;
  /** Takes back what is offered to a next primary. */
  #withdrawOffer: () => void = () => undefined;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
    this.#strays = countStrays(deps.monotonic(), ageFactor(deps.random));
  }

  start(): void {
    const { link, pid } = this.#deps;
    link.onAnnouncement((message) => this.#hear(message));
    link.onClosed(() => this.#orphaned());
    link.send({ type: 'hello', protocol: PROTOCOL_VERSION, pid });
  }

  /** Stops accepting, lets running requests end, and exits. */
  async shutdown(deadlineMs?: number): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#withdrawOffer();
    const limit = deadlineMs ?? this.#table?.forwarding.timeouts.shutdownMs ?? DEFAULT_SHUTDOWN_MS;
    this.#built?.logger.info({ deadlineMs: limit }, 'shutting down');
    await this.#built?.forwarder.close(limit);
    this.#built?.reporter.flush();
    this.#built?.reporter.stop();
    await Promise.all([
      this.#deps.link.allSent(LAST_WORDS_MS),
      this.#built?.forwarderDeps.accessLog.close(LAST_WORDS_MS),
    ]);
    this.#deps.exit(0);
  }

  /** An uncaught exception. Before the worker serves, it ends the worker, and the primary starts another. */
  stray(error: unknown): void {
    const built = this.#built;
    if (built === null || this.#listening !== 'yes') {
      this.#deps.fatal(error);
      this.#deps.exit(1);
      return;
    }
    built.bug(error);
    if (!strayCame(this.#strays, this.#deps.monotonic()) || this.#ending) return;
    built.logger.warn({ exceptions: this.#strays.count }, 'retiring after exceptions that nobody caught');
    void this.shutdown();
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
          this.#built?.logger.error({ error: messageOf(error) }, 'certificate refused, the one before stays');
        }
        return;
      case 'flush':
        this.#built?.reporter.flush();
        this.#deps.link.send({ type: 'flushed', id: message.id });
        return;
      case 'shutdown':
        void this.shutdown(message.deadlineMs);
        return;
    }
  }

  #welcomed(welcome: Welcome): void {
    if (this.#built !== null) return;
    const logger = this.#deps.createLogger(welcome.log, welcome.worker);
    if (welcome.protocol !== PROTOCOL_VERSION) {
      logger.fatal(
        { ours: PROTOCOL_VERSION, theirs: welcome.protocol },
        'the primary speaks another protocol',
      );
      this.#deps.exit(1);
      return;
    }
    const built = buildWorker(this.#deps, welcome, logger, () => this.#table);
    this.#built = built;
    built.reporter.start();
  }

  #snapshot(message: SnapshotMessage): void {
    const { link, clock, random } = this.#deps;
    const built = this.#built;
    if (built === null) return;
    const { epoch, version } = message;
    const problem = ((): string | null => {
      const read = readSnapshot(message);
      if (typeof read === 'string') return read;
      if (read.epoch !== epoch || read.version !== version) return 'position and content differ';
      if (this.#table !== null && !isNewer(read, this.#table)) return null;
      try {
        const { worker, workers, index } = built.welcome;
        this.#table = applySnapshot(this.#table, read, {
          worker,
          workers: workers ?? 1,
          index,
          random,
          at: clock.now(),
        });
        return null;
      } catch (error) {
        return messageOf(error);
      }
    })();
    if (problem !== null) {
      built.logger.error({ epoch, version, problem }, 'snapshot refused, the one before stays');
      link.send({ type: 'nack', epoch, version, reason: problem });
      return;
    }
    // An older snapshot is acknowledged, too: with the position of the one in force.
    const inForce = built.forwarderDeps.table();
    link.send({ type: 'ack', epoch: inForce.epoch, version: inForce.version });
    if (this.#listening === 'no') void this.#listen(built);
  }

  async #listen({ welcome, forwarder, logger }: Built): Promise<void> {
    const { link } = this.#deps;
    this.#listening = 'begun';
    try {
      const port = await forwarder.listen(welcome.listener, welcome.certificate);
      this.#listening = 'yes';
      link.send({ type: 'ready', port });
    } catch (error) {
      this.#listening = 'no';
      const code = codeOf(error) ?? 'UNKNOWN';
      logger.error({ code, error: messageOf(error) }, 'cannot listen');
      link.send({ type: 'listen-failed', code, message: messageOf(error) });
      if (!link.isOpen()) this.#deps.exit(1);
    }
  }

  /** The primary is gone. Traffic goes on; a worker that never had a snapshot has nothing to go on with. */
  #orphaned(): void {
    const built = this.#built;
    built?.logger.warn({}, 'the primary is gone, serving on with the last snapshot');
    if (built === null || this.#listening === 'no') {
      this.#deps.exit(1);
      return;
    }
    const { inherited } = built.welcome.listener;
    if (inherited === undefined || this.#ending) return;
    this.#withdrawOffer = this.#deps.offerListener(inherited.offeredIn, built.logger);
  }
}

function readSnapshot(message: SnapshotMessage): Snapshot | string {
  try {
    const decoded = decodeSnapshot(JSON.parse(new TextDecoder().decode(message.payload)));
    return decoded.ok ? decoded.snapshot : decoded.problem;
  } catch (error) {
    return messageOf(error);
  }
}
