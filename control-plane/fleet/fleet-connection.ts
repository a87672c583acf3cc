/**
 * The connections of a fleet's store: one by which it is asked, and one that hears the bell. Whatever Redis or the network says that is
 * no answer is `unavailable`, with one sentence.
 */
import { messageOf } from '#shared/error-text.js';
import type { RedisResult, RedisRole } from '#shared/metric-labels.js';
import type { RedisAnswer } from '#shared/platform/redis-answer.js';
import { type RedisArgument, RedisConnection } from '#shared/platform/redis-connection.js';
import { readRedisInfo } from '#shared/platform/redis-info.js';
import type { RedisScript } from '#shared/platform/redis-script.js';
import type { Logger, TimerHandle, Timers } from '#shared/ports.js';
import type { RedisAccess } from '#shared/redis-access.js';
import type { Bell, Found, Unavailable } from './fleet-store.js';
import { LastRefusal } from './last-refusal.js';
import { listIn } from './redis-answers.js';

const BELLS: ReadonlySet<string> = new Set<Bell>(['log', 'lead', 'inbox', 'hosts']);

/** Beats tell the same as bells, so it may wait. */
const SUBSCRIBE_AGAIN_MS = 1_000;

export interface FleetConnectionOptions {
  readonly access: RedisAccess;
  /** What the hosts are called together. */
  readonly name: string;
  readonly timers: Timers;
  readonly logger: Logger;
  /** A call that is not answered by then counts as `unavailable`. */
  readonly callMs: number;
  readonly onResult?: (result: RedisResult, role: RedisRole) => void;
}

interface ScriptCall {
  readonly script: RedisScript;
  /** Those of the fleet, without the prefix. */
  readonly keys: readonly string[];
  readonly args: readonly RedisArgument[];
}

export class FleetConnection {
  readonly #options: FleetConnectionOptions;
  readonly #prefix: string;
  readonly #control: RedisConnection;
  readonly #bell: RedisConnection;
  readonly #refusal: LastRefusal;
  readonly #listeners = new Set<(bell: Bell | null) => void>();
  #number = 0;
  /** Whether the operator has been told that bells cannot be heard. */
  #isDeaf = false;
  #subscription: TimerHandle | null = null;

  constructor(options: FleetConnectionOptions) {
    this.#options = options;
    this.#prefix = `tidegate:{${options.name}}:`;
    this.#control = new RedisConnection({
      ...options,
      role: 'control',
      onReady: () => {
        this.#number += 1;
        this.#ring(null);
      },
    });
    this.#refusal = new LastRefusal({ ...options, probed: this });
    this.#bell = new RedisConnection({
      ...options,
      role: 'bell',
      onReady: () => void this.#subscribe(),
      onMessage: (_channel, message) => {
        if (BELLS.has(message)) this.#ring(message as Bell);
      },
    });
  }

  /** Rises whenever the connection was made anew. */
  get number(): number {
    return this.#number;
  }

  /** The connection by which it is asked; for a look at what the server is. */
  get control(): RedisConnection {
    return this.#control;
  }

  /** What Redis refuses, in one sentence; `null`: nothing, as far as is known. */
  get refusal(): string | null {
    return this.#refusal.sentence;
  }

  /** Where it is, by the settings. */
  get servers(): RedisAccess['servers'] {
    return this.#options.access.servers;
  }

  /** @param name of a key, or of the channel */
  keyOf(name: string): string {
    return `${this.#prefix}${name}`;
  }

  onBell(listener: (bell: Bell | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
    this.#subscription?.cancel();
    this.#refusal.close();
    this.#control.close();
    this.#bell.close();
  }

  /** Bells may have been missed until now. A connection that is ready and hears nothing would never be made anew. */
  async #subscribe(): Promise<void> {
    const answer = await this.#bell.call('SUBSCRIBE', [this.keyOf('bell')]);
    this.#ring(null);
    const { logger, timers } = this.#options;
    if (answer.ok) {
      if (this.#isDeaf) logger.info({}, 'the bell of the fleet is heard again');
      this.#isDeaf = false;
      return;
    }
    if (!this.#bell.isReady()) return;
    if (!this.#isDeaf) logger.warn({ reason: answer.reason }, 'the bell of the fleet cannot be heard');
    this.#isDeaf = true;
    // Connections that come and go must not leave one attempt each.
    this.#subscription?.cancel();
    this.#subscription = timers.after(SUBSCRIBE_AGAIN_MS, () => void this.#subscribe());
  }

  #ring(bell: Bell | null): void {
    for (const listener of this.#listeners) listener(bell);
  }

  /** What the server says about itself. */
  readInfo(): Promise<RedisAnswer> {
    return readRedisInfo(this.#control, this.#options.timers);
  }

  /** Runs a script. `keys` are those of the fleet, without the prefix. */
  async run<T>(
    script: RedisScript,
    keys: readonly string[],
    args: readonly RedisArgument[],
    read: (answer: readonly unknown[]) => T,
  ): Promise<T | Unavailable> {
    const named = keys.map((key) => this.keyOf(key));
    const answer = await script.run(this.#control, named, args, this.#options.callMs);
    return this.#readAs(script, answer, (value) => read(listIn(value, 'answer')));
  }

  /**
   * Runs a script, and answers how many replicas have what it wrote, too; `null`: Redis did not say. The question goes right behind
   * the script: it is about what this connection has written, and about nothing where the connection was made anew.
   */
  async runReplicated<T>(
    { script, keys, args }: ScriptCall,
    read: (answer: readonly unknown[]) => T,
    { wanted, waitMs }: { readonly wanted: number; readonly waitMs: number },
  ): Promise<{ readonly answer: T | Unavailable; readonly replicas: number | null }> {
    const { callMs } = this.#options;
    let waiting: Promise<RedisAnswer> | null = null;
    const behind: Pick<RedisConnection, 'call'> = {
      call: (...call) => {
        const answer = this.#control.call(...call);
        waiting = this.#control.call('WAIT', [wanted, waitMs], callMs);
        return answer;
      },
    };
    const named = keys.map((key) => this.keyOf(key));
    const answer = await this.#readAs(script, await script.run(behind, named, args, callMs), (value) =>
      read(listIn(value, 'answer')),
    );
    const waited = await (waiting as Promise<RedisAnswer> | null);
    return { answer, replicas: waited?.ok === true ? Number(waited.value) : null };
  }

  /** Asks by one command. */
  async find<T>(
    command: string,
    args: readonly RedisArgument[],
    read: (value: unknown) => T,
  ): Promise<Found<T>> {
    const answer = await this.#control.call(command, args, this.#options.callMs);
    return this.#readAs(command, answer, (value) => ({ kind: 'ok', value: read(value) }));
  }

  async #readAs<T>(
    call: RedisScript | string,
    answer: RedisAnswer,
    read: (value: unknown) => T,
  ): Promise<T | Unavailable> {
    if (!answer.ok) {
      if (answer.kind !== 'refused') return unavailable(answer.reason);
      return { ...unavailable(await this.#refusal.refused(call, answer)), isRefused: true };
    }
    this.#refusal.done(call);
    try {
      return read(answer.value);
    } catch (error) {
      return unavailable(messageOf(error));
    }
  }
}

function unavailable(reason: string): Unavailable {
  return { kind: 'unavailable', reason };
}
