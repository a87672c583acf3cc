/**
 * A connection to Redis that is kept up. A client of ioredis may leave calls pending for ever while it connects or after it
 * has ended. Therefore every call has its own deadline, returns a union and never rejects. A client that has ended or does
 * not become ready is replaced, whatever the cause.
 */
import type { RedisResult, RedisRole } from '../metric-labels.js';
import type { Logger, TimerHandle, Timers } from '../ports.js';
import type { RedisAccess } from '../redis-access.js';
import {
  failed,
  failureOf,
  isRefusal,
  reasonOf,
  type RedisAnswer,
  type RedisFailure,
} from './redis-answer.js';
import { CALL_DEADLINE_MS, createClient, mastersOf, type RedisClient } from './redis-client.js';
import { RedisRefusals } from './redis-refusals.js';

/** Names of keys. `next` is the cursor of the next call; `null` if there are no more keys. */
export type RedisScan =
  | { readonly ok: true; readonly keys: readonly string[]; readonly next: string | null }
  | RedisFailure
  | { readonly ok: false; readonly kind: 'no_such_cursor'; readonly reason: string };

export type RedisArgument = string | number | Buffer;

export interface ConnectionOptions {
  readonly access: RedisAccess;
  readonly role: RedisRole;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Called with the result of each call. */
  readonly onResult?: (result: RedisResult, role: RedisRole) => void;
  /** Called whenever calls become possible again. Subscriptions of the previous connection are lost. */
  readonly onReady?: () => void;
  /** Called with each message on a subscribed channel. */
  readonly onMessage?: (channel: string, message: string) => void;
}

/** A client that was not ready for this long is replaced, in milliseconds. It has tried several times by then. */
const MAX_UNREADY_MS = 15_000;
/** Pause between the end of a client and the next client, in milliseconds. */
const REPLACE_AFTER_MS = 500;
/** Between two times that a replica is left, in milliseconds. Each costs calls that are under way. */
const LEAVE_REPLICA_EVERY_MS = 1_000;
/** The most calls that may wait for their answers at the same time. */
const MAX_WAITING_CALLS = 10_000;
/** How often a bell sends PING, in milliseconds. Without PING, a broken connection would look like silence. */
const BELL_CHECK_MS = 1_000;

export class RedisConnection {
  readonly #options: ConnectionOptions;
  readonly #waiting = new Set<(answer: RedisAnswer) => void>();
  readonly #refusals: RedisRefusals;
  #client: RedisClient;
  #clients = 0;
  #closed = false;
  /** Whether the log has told the operator that Redis is missing. */
  #toldLoss = false;
  /** What the server said when it refused this client; `null`: the log does not tell of a refusal. */
  #toldRefusal: string | null = null;
  /** Why the last attempt failed, or why the connection ends if nothing else says so. */
  #trouble = 'it is not connected yet';
  #patience: TimerHandle | null = null;
  #replacement: TimerHandle | null = null;
  #check: TimerHandle | null = null;
  /** The server refused something before the connection was ready, such as the database: what is asked then goes elsewhere. */
  #isRefused = false;
  /** The connection is made anew because the server is a replica: no loss, as its refusal is told. */
  #isLeaving = false;
  #nextLeave: TimerHandle | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#refusals = new RedisRefusals(options);
    this.#client = this.#open();
  }

  /** Whether a call would be sent now. */
  isReady(): boolean {
    return !this.#closed && !this.#isRefused && this.#client.status === 'ready';
  }

  /** Why the connection is not ready, for an operator. */
  get trouble(): string {
    return this.#trouble;
  }

  call(
    command: string,
    args: readonly RedisArgument[],
    deadlineMs: number = CALL_DEADLINE_MS[this.#options.role],
  ): Promise<RedisAnswer> {
    return this.#call(this.#client, command, args, deadlineMs);
  }

  /**
   * Returns matching names among about `count` keys. In a cluster, the scan goes from server to server.
   * @param cursor `null` for the first call, then `next` of the previous answer
   */
  async scan(cursor: string | null, match: string, count: number): Promise<RedisScan> {
    const [, index = '0', at = '0'] = /^(\d{1,4})\.(\d{1,20})$/.exec(cursor ?? '0.0') ?? [];
    const masters = mastersOf(this.#client);
    const node = Number(index);
    const master = masters[node];
    if ((cursor !== null && `${index}.${at}` !== cursor) || master === undefined) {
      if (!this.isReady()) return this.#counted(this.#notReady());
      return { ok: false, kind: 'no_such_cursor', reason: 'there is no such cursor' };
    }
    const deadlineMs = CALL_DEADLINE_MS[this.#options.role];
    const answer = await this.#call(master, 'SCAN', [at, 'MATCH', match, 'COUNT', count], deadlineMs);
    if (!answer.ok) return answer;
    const [next, keys] = answer.value as [string, string[]];
    if (next !== '0') return { ok: true, keys, next: `${node}.${next}` };
    return { ok: true, keys, next: node + 1 < masters.length ? `${node + 1}.0` : null };
  }

  #call(
    target: Pick<RedisClient, 'call'>,
    command: string,
    args: readonly RedisArgument[],
    deadlineMs: number,
  ): Promise<RedisAnswer> {
    if (!this.isReady()) return Promise.resolve(this.#counted(this.#notReady()));
    if (this.#waiting.size >= MAX_WAITING_CALLS) {
      return Promise.resolve(this.#counted(failed('not_ready', 'too many calls wait for Redis')));
    }
    const { promise, resolve } = Promise.withResolvers<RedisAnswer>();
    const settle = (answer: RedisAnswer): void => {
      if (!this.#waiting.delete(settle)) return;
      timer.cancel();
      resolve(this.#counted(answer));
    };
    this.#waiting.add(settle);
    const timer = this.#options.timers.after(deadlineMs, () =>
      settle(failed('timeout', `Redis did not answer within ${deadlineMs} ms`)),
    );
    sent(target, command, args).then(
      (value) => settle({ ok: true, value }),
      (error: unknown) => {
        const failure = failureOf(error);
        if (failure.kind === 'refused') this.#refusals.tell(command, failure);
        settle(failure);
      },
    );
    return promise;
  }

  /** Ends the connection. Waiting calls get the answer `lost`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#patience?.cancel();
    this.#replacement?.cancel();
    this.#check?.cancel();
    this.#nextLeave?.cancel();
    this.#refusals.close();
    this.#trouble = 'the connection was closed';
    for (const settle of this.#waiting) settle(failed('lost', this.#trouble));
    this.#client.disconnect();
  }

  #open(): RedisClient {
    const { access, role, onMessage } = this.#options;
    const client = createClient(access, role, this.#clients, () => this.#leaveReplica());
    this.#clients += 1;
    const isPresent = (): boolean => client === this.#client && !this.#closed;
    // Without a listener, a client writes its errors to standard error. The listener stays even after the client was
    // replaced.
    client.on('error', (error: unknown) => {
      if (!isPresent()) return;
      this.#trouble = reasonOf(error);
      if (client.status === 'ready') return;
      this.#isLeaving = false;
      if (isRefusal(error)) this.#refused();
      this.#lost(client);
    });
    client.on('connect', () => {
      if (isPresent()) this.#isRefused = false;
    });
    client.on('close', () => {
      if (isPresent()) this.#lost(client);
    });
    client.on('end', () => {
      if (isPresent()) this.#replace(client);
    });
    client.on('ready', () => {
      if (!isPresent()) return;
      if (this.#isRefused) this.#replace(client);
      else this.#ready();
    });
    if (onMessage !== undefined) client.on('message', onMessage);
    this.#beImpatient(client);
    return client;
  }

  #ready(): void {
    const { role, logger, onReady } = this.#options;
    this.#patience?.cancel();
    this.#patience = null;
    if (this.#toldLoss) logger.info({ role }, 'Redis is there again');
    this.#toldLoss = false;
    this.#toldRefusal = null;
    this.#isLeaving = false;
    // A reason of the time before would be told when this connection ends.
    this.#trouble = 'the server ended the connection';
    if (role === 'bell') this.#checkBell(this.#client);
    onReady?.();
  }

  /** If no answer arrives, the client closes the socket (`SILENCE_LIMIT_MS`). */
  #checkBell(client: RedisClient): void {
    this.#check?.cancel();
    this.#check = this.#options.timers.after(BELL_CHECK_MS, () => {
      if (client !== this.#client || !this.isReady()) return;
      sent(client, 'PING', []).catch((error: unknown) => (this.#trouble = reasonOf(error)));
      this.#checkBell(client);
    });
  }

  #leaveReplica(): boolean {
    if (this.#closed || this.#nextLeave !== null) return false;
    this.#isLeaving = true;
    this.#nextLeave = this.#options.timers.after(LEAVE_REPLICA_EVERY_MS, () => (this.#nextLeave = null));
    return true;
  }

  #lost(client: RedisClient): void {
    this.#beImpatient(client);
    if (this.#isLeaving) return;
    const { role, logger } = this.#options;
    if (!this.#toldLoss) logger.warn({ role, reason: this.#trouble }, 'Redis is not there');
    this.#toldLoss = true;
  }

  /** Often follows a loss of another cause, as when a password was changed: the operator has to know of both. */
  #refused(): void {
    this.#isRefused = true;
    if (this.#toldRefusal === this.#trouble) return;
    const { role, logger } = this.#options;
    this.#toldRefusal = this.#trouble;
    this.#toldLoss = true;
    logger.warn({ role, reason: this.#trouble }, 'Redis refuses this host');
  }

  /** Starts to measure how long the client is not ready, unless the measurement runs already. */
  #beImpatient(client: RedisClient): void {
    this.#patience ??= this.#options.timers.after(MAX_UNREADY_MS, () => this.#replace(client));
  }

  #replace(client: RedisClient): void {
    if (this.#closed || client !== this.#client || this.#replacement !== null) return;
    this.#patience?.cancel();
    this.#patience = null;
    client.disconnect();
    this.#replacement = this.#options.timers.after(REPLACE_AFTER_MS, () => {
      this.#replacement = null;
      this.#isRefused = false;
      this.#client = this.#open();
    });
  }

  #notReady(): RedisFailure {
    return failed('not_ready', `Redis is not there: ${this.#trouble}`);
  }

  #counted<A extends RedisAnswer>(answer: A): A {
    const { onResult, role } = this.#options;
    onResult?.(answer.ok ? 'ok' : answer.kind, role);
    return answer;
  }
}

/** The async function turns exceptions of the client into rejections. */
async function sent(
  target: Pick<RedisClient, 'call'>,
  command: string,
  args: readonly RedisArgument[],
): Promise<unknown> {
  return target.call(command, [...args]);
}
