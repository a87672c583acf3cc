/**
 * Clients that know several ports of one service: a request is due every 1/rate seconds, goes to the next port, and to the one
 * after it if no 2xx answer comes. It counts what failed at the first port, which is what clients that do not try again see, and
 * what failed at all.
 */
import { Agent, get } from 'node:http';

export interface SpreadLoadOptions {
  /** Where the service is at this moment. */
  readonly ports: () => readonly number[];
  /** Requests per second. */
  readonly rate: number;
  /** Ports that are asked for one request, at most. */
  readonly tries?: number;
}

export interface SpreadLoadResult {
  readonly sent: number;
  /** Requests whose first try failed, and why, how often. */
  readonly failedOnce: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** Requests that got no 2xx answer from any port. */
  readonly failed: readonly string[];
}

const DEFAULT_TRIES = 4;
const TICK_MS = 5;
/** Generous, because a machine that is busy is no failure of the service. */
const ANSWER_LIMIT_MS = 20_000;

export class SpreadLoad {
  /** Answers by port so far. */
  readonly answers = new Map<number, number>();
  readonly #options: SpreadLoadOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #running = new Set<Promise<void>>();
  readonly #reasons: Record<string, number> = {};
  readonly #failed: string[] = [];
  #sent = 0;
  #failedOnce = 0;
  #startedAt = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: SpreadLoadOptions) {
    this.#options = options;
  }

  get answered(): number {
    return [...this.answers.values()].reduce((sum, count) => sum + count, 0);
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#startedAt) / 1_000) * this.#options.rate;
      while (this.#sent < due) this.#send(this.#sent++);
    }, TICK_MS);
  }

  #send(request: number): void {
    const done = this.#request(request).finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  async #request(request: number): Promise<void> {
    const { ports, tries = DEFAULT_TRIES } = this.#options;
    const told: string[] = [];
    for (let attempt = 0; attempt < tries; attempt++) {
      const known = ports();
      const port = known[(request + attempt) % known.length]!;
      const problem = await this.#ask(port);
      if (problem === null) {
        this.answers.set(port, (this.answers.get(port) ?? 0) + 1);
        return;
      }
      if (attempt === 0) {
        this.#failedOnce += 1;
        this.#reasons[problem] = (this.#reasons[problem] ?? 0) + 1;
      }
      told.push(`${port}: ${problem}`);
    }
    this.#failed.push(told.join(', '));
  }

  /** What went wrong; `null` if nothing did. */
  #ask(port: number): Promise<string | null> {
    return new Promise((resolve) => {
      const asked = get(
        { port, host: '127.0.0.1', agent: this.#agent, timeout: ANSWER_LIMIT_MS },
        (answer) => {
          const { statusCode = 0 } = answer;
          answer.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
          answer.on('end', () => resolve(statusCode >= 200 && statusCode < 300 ? null : String(statusCode)));
          answer.resume();
        },
      );
      asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
      asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  }

  /** Ends the traffic when all that was sent is answered. */
  async stop(): Promise<SpreadLoadResult> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#agent.destroy();
    return {
      sent: this.#sent,
      failedOnce: this.#failedOnce,
      reasons: this.#reasons,
      failed: this.#failed,
    };
  }
}
