/**
 * Takes the main port. The port is free, or the workers of a dead primary hold it and still forward.
 *
 * | `accept`      | the new workers                                           | connections in the old workers' queue     |
 * | ------------- | --------------------------------------------------------- | ----------------------------------------- |
 * | `shared`      | listen on the same socket, which an old worker hands over | old or new workers accept them            |
 * | `reuse-port`  | listen beside the old ones                                | the kernel migrates them, if it can       |
 * | `round-robin` | listen; the old ones stopped when their primary died      | there are none                            |
 *
 * Only when the new workers listen are the old ones asked to end. If neither way works, the old workers have to end first,
 * and connections are refused meanwhile.
 */
import { connect } from 'node:net';
import { handoverPath, takeListener } from '#shared/platform/handover.js';
import type { Logger, Timers } from '#shared/ports.js';
import { StartFailure } from '../start-failure.js';
import type { Accept } from './accept-mode.js';
import { holdsPort } from './held-port.js';
import { type ListeningSocket, adoptSocket, bindSocket } from './listening-socket.js';
import { type Orphan, endOrphans, isStopped } from './orphans.js';
import { listenProblem, tryPort, untilPortFree } from './port-probe.js';

/**
 * How long an old worker may take to hand over its listener, in milliseconds. Three processes have to start in that time.
 */
const HANDOVER_LIMIT_MS = 3_000;
/**
 * How often an old worker is asked, and the pause between attempts in milliseconds. A worker needs some time to notice that
 * its primary has died.
 */
const OFFER_TRIES = 10;
const OFFER_RETRY_MS = 50;
/** How long old workers are asked in total, in milliseconds. Many of them may accept the question and never answer. */
const ASKING_LIMIT_MS = 6_000;
/** How long old workers may hold the port after they were asked to end, in milliseconds. Then they are killed. */
const PATIENCE_MS = 3_000;

export interface MainPort {
  readonly host: string;
  readonly port: number;
  readonly accept: Accept;
}

interface TakeoverOptions {
  readonly main: MainPort;
  readonly dataDir: string;
  readonly orphans: readonly Orphan[];
  readonly shutdownMs: number;
  readonly logger: Logger;
  readonly timers: Timers;
}

export class Takeover {
  readonly #options: TakeoverOptions;
  #socket: ListeningSocket | null = null;
  /** Whether the port cannot be bound before the old workers have closed it. */
  #isHeld = false;

  /**
   * Binds the port or gets its socket from an old worker. Throws StartFailure if another program has the port. The old
   * workers go on unchanged.
   */
  static async begin(options: TakeoverOptions): Promise<Takeover> {
    const takeover = new Takeover(options);
    await takeover.#claim();
    return takeover;
  }

  private constructor(options: TakeoverOptions) {
    this.#options = options;
  }

  /** The socket that workers inherit; `null` if workers bind by themselves. */
  get socketFd(): number | null {
    return this.#socket?.fd ?? null;
  }

  get hasOrphans(): boolean {
    return this.#options.orphans.length > 0;
  }

  /** To be called before the first worker starts. Once it resolves, workers can listen on the port. */
  async beforeWorkers(): Promise<void> {
    if (!this.#isHeld) return;
    const { logger } = this.#options;
    logger.warn(
      {},
      'the listener is not handed over: connections are refused until the old workers have closed it',
    );
    this.#retire();
    let code = await this.#untilFree();
    if (code === 'EADDRINUSE') {
      logger.error({}, 'workers of the dead primary do not let go of the port, ending them');
      endOrphans(this.#options.orphans, 'SIGKILL', logger);
      code = await this.#untilFree();
    }
    if (code !== null) throw this.#failure(code);
    const socket = await this.#bind();
    if (typeof socket === 'string') throw this.#failure(socket);
    this.#socket = socket;
  }

  /** To be called when the new workers listen. The old workers finish their requests and end. */
  complete(): void {
    if (!this.#isHeld) this.#retire();
  }

  /**
   * To be called before workers shut down. Without this copy, the port refuses connections once the workers have closed
   * theirs.
   */
  closeSocket(): void {
    this.#socket?.close();
    this.#socket = null;
  }

  async #claim(): Promise<void> {
    const { main, orphans, logger } = this.#options;
    if (orphans.length > 0) {
      logger.warn(
        { workers: orphans.length, accept: main.accept },
        'taking over from workers whose primary died: they forward until the new ones listen',
      );
    }
    const bound = await this.#bind();
    if (typeof bound !== 'string') {
      this.#socket = bound;
      return;
    }
    const isTheirs = bound === 'EADDRINUSE' && orphans.some(({ pid }) => holdsPort(pid, main.port));
    if (!isTheirs) throw this.#failure(bound);
    if (main.accept === 'shared') this.#socket = await this.#askForSocket();
    this.#isHeld = this.#socket === null;
  }

  /**
   * Returns the socket that workers shall share, `null` if workers can bind by themselves, or the error code of the system.
   */
  async #bind(): Promise<ListeningSocket | string | null> {
    const { host, port, accept } = this.#options.main;
    const socket = accept === 'shared' ? await bindSocket(host, port) : null;
    return socket ?? tryPort(host, port, accept === 'reuse-port');
  }

  /** Returns the socket of the first old worker that hands one over. */
  async #askForSocket(): Promise<ListeningSocket | null> {
    const { main, orphans, logger } = this.#options;
    let asked = orphans.filter(({ pid }) => !isStopped(pid));
    let isLate = false;
    const limit = this.#options.timers.after(ASKING_LIMIT_MS, () => (isLate = true));
    for (let tries = 0; tries < OFFER_TRIES && asked.length > 0; tries += 1) {
      const waiting: Orphan[] = [];
      for (const orphan of asked) {
        if (isLate) return null;
        const handle = await this.#ask(orphan);
        if (handle === undefined) waiting.push(orphan);
        const socket = await adoptSocket(handle, main.host, main.port);
        if (socket === null) continue;
        limit.cancel();
        logger.info({ pid: orphan.pid }, 'the listener is handed over by a worker whose primary died');
        return socket;
      }
      asked = waiting;
      await this.#pause(OFFER_RETRY_MS);
    }
    limit.cancel();
    return null;
  }

  async #ask({ pid }: Orphan): Promise<unknown> {
    const path = handoverPath(this.#options.dataDir, pid);
    return path === null ? null : askOnce(path, this.#options.timers);
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#options.timers.after(delayMs, resolve));
  }

  #retire(): void {
    const { orphans, logger, timers, shutdownMs } = this.#options;
    if (orphans.length === 0) return;
    logger.info({ workers: orphans.length }, 'asking the workers of the dead primary to finish and end');
    // A stopped worker cannot answer SIGTERM, and with `reuse-port` connections would wait in its queue.
    endOrphans(
      orphans.filter(({ pid }) => isStopped(pid)),
      'SIGKILL',
      logger,
    );
    endOrphans(orphans, 'SIGTERM', logger);
    // The old workers finish their requests within their own deadline. A worker that exceeds it is killed.
    timers.after(shutdownMs + PATIENCE_MS, () => endOrphans(orphans, 'SIGKILL', logger));
  }

  #untilFree(): Promise<string | null> {
    const { main, timers } = this.#options;
    const { host, port, accept } = main;
    return untilPortFree({ host, port, reusePort: accept === 'reuse-port' }, PATIENCE_MS, timers);
  }

  #failure(code: string): StartFailure {
    const { host, port } = this.#options.main;
    return new StartFailure(listenProblem('listen', host, port, code));
  }
}

/** Returns `undefined` if no worker offers a listener at `path` (yet), and `null` if the handover failed. */
function askOnce(path: string, timers: Timers): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const connection = connect(path);
  connection.once('error', () => resolve(undefined));
  connection.once('connect', () => {
    connection.pause();
    const helper = takeListener(connection);
    const limit = timers.after(HANDOVER_LIMIT_MS, () => helper.kill('SIGKILL'));
    helper.on('error', () => resolve(null));
    helper.once('message', (_message, handle: unknown) => resolve(handle ?? null));
    helper.once('exit', () => {
      limit.cancel();
      connection.destroy();
      resolve(null);
    });
    void promise.then(() => {
      connection.destroy();
      if (helper.connected) helper.disconnect();
    });
  });
  return promise;
}
