/**
 * Takes the main port, from nobody or from the workers of a dead primary, which go on forwarding meanwhile.
 *
 * | `accept`      | the new workers                                    | connections that wait in the old queue    |
 * | ------------- | -------------------------------------------------- | ----------------------------------------- |
 * | `shared`      | listen on the very socket, handed over             | are taken by whoever is first             |
 * | `reuse-port`  | listen beside the old ones                         | the kernel hands them on, if it does that |
 * | `round-robin` | listen; the old ones cannot since their primary died | there is none                           |
 *
 * Only then the old ones are asked to end. Where neither is possible they have to end first, and connections are refused
 * for as long as that takes.
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

/** How long one worker gets to hand its listener over, which takes the start of three processes. */
const HANDOVER_LIMIT_MS = 3_000;
/** How long a worker that has just lost its primary may take to notice, and how often it is tried meanwhile. */
const OFFER_TRIES = 10;
const OFFER_RETRY_MS = 50;
/** After this long no further worker is asked: of those that take a question and never answer there may be many. */
const ASKING_LIMIT_MS = 6_000;
/** How long workers may hold the port after they were asked to leave; then they are ended. */
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
  /** The port cannot be had before the old workers have let go of it. */
  #isHeld = false;

  /** Fails with StartFailure where another program has the port. Changes nothing for the old workers yet. */
  static async begin(options: TakeoverOptions): Promise<Takeover> {
    const takeover = new Takeover(options);
    await takeover.#claim();
    return takeover;
  }

  private constructor(options: TakeoverOptions) {
    this.#options = options;
  }

  /** The socket that the workers share; `null`: they bind by themselves. */
  get socketFd(): number | null {
    return this.#socket?.fd ?? null;
  }

  get hasOrphans(): boolean {
    return this.#options.orphans.length > 0;
  }

  /** Called before the first worker is started: from here on the port can be had. */
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

  /** Called when the new workers listen: the old ones finish their requests and end. */
  complete(): void {
    if (!this.#isHeld) this.#retire();
  }

  /** Called before workers shut down, so that connections are refused once they have closed it. */
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

  /** The socket that workers shall share; `null`: the port can be had by them; or the system's error code. */
  async #bind(): Promise<ListeningSocket | string | null> {
    const { host, port, accept } = this.#options.main;
    const socket = accept === 'shared' ? await bindSocket(host, port) : null;
    return socket ?? tryPort(host, port, accept === 'reuse-port');
  }

  /** From the first old worker that gives it. */
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
    // One that is stopped cannot be asked, and with `reuse-port` holds connections that wait for it.
    endOrphans(
      orphans.filter(({ pid }) => isStopped(pid)),
      'SIGKILL',
      logger,
    );
    endOrphans(orphans, 'SIGTERM', logger);
    // They finish their requests, which is theirs to time. One that cannot even do that is ended.
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

/** `undefined`: nothing is offered there (yet); `null`: nothing came of it. */
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
