/**
 * One connection to Redis that is kept up. Every call is bounded by a deadline of our own, answers a union and never rejects:
 * a client may leave calls pending for ever while it connects or after it has ended. A client that ended, or that does not
 * get ready, gives way to a new one, whatever the cause.
 */
import { messageOf } from '../error-text.js';
import type { RedisResult, RedisRole } from '../metric-labels.js';
import type { Logger, TimerHandle, Timers } from '../ports.js';
import type { RedisAccess } from '../redis-access.js';
import { CALL_DEADLINE_MS, createClient, mastersOf, type RedisClient } from './redis-client.js';

/** Why a call failed; `REDIS_RESULTS` says what may have become of it. */
export type RedisFailureKind = Exclude<RedisResult, 'ok'>;

export interface RedisFailure {
  readonly ok: false;
  readonly kind: RedisFailureKind;
  /** First word of the server's error, such as `NOSCRIPT`, `READONLY`, `OOM`; of all other failures empty. */
  readonly code: string;
  /** One sentence without arguments of the call, which may be secret. */
  readonly reason: string;
}

export type RedisAnswer = { readonly ok: true; readonly value: unknown } | RedisFailure;

/** Names of keys. `next`: the cursor to go on with; `null`: that was all. */
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
  /** Called whenever calls are possible again: what was subscribed on the connection before is gone. */
  readonly onReady?: () => void;
  /** Called with what is published on a subscribed channel. */
  readonly onMessage?: (channel: string, message: string) => void;
}

/** A client that has not been ready for this long is replaced: by then it has tried several times. */
const MAX_UNREADY_MS = 15_000;
/** Between the end of a client and the next one. */
const REPLACE_AFTER_MS = 500;
const MAX_REASON = 200;
/** Calls that may wait for their answers at once. */
const MAX_WAITING_CALLS = 10_000;
/** A bell that is cut off hears nothing, which looks like peace: so it asks. */
const BELL_CHECK_MS = 1_000;

export class RedisConnection {
  readonly #options: ConnectionOptions;
  readonly #waiting = new Set<(answer: RedisAnswer) => void>();
  #client: RedisClient;
  #clients = 0;
  #closed = false;
  /** Whether the operator has been told that it is not there. */
  #toldLoss = false;
  /** Why the last try failed. */
  #trouble = 'it is not connected yet';
  #patience: TimerHandle | null = null;
  #replacement: TimerHandle | null = null;
  #check: TimerHandle | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = this.#open();
  }

  /** Whether a call made now would be sent. */
  isReady(): boolean {
    return !this.#closed && this.#client.status === 'ready';
  }

  /** Why it is not ready, for an operator. */
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
   * Some names of keys that match, of some `count` that are looked at. `cursor`: `null` to begin, then the `next` of the answer
   * before. In a cluster it goes from server to server.
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
      (error: unknown) => settle(failureOf(error)),
    );
    return promise;
  }

  /** Ends the connection. Calls that wait are answered. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#patience?.cancel();
    this.#replacement?.cancel();
    this.#check?.cancel();
    this.#trouble = 'the connection was closed';
    for (const settle of this.#waiting) settle(failed('lost', this.#trouble));
    this.#client.disconnect();
  }

  #open(): RedisClient {
    const { access, role, onMessage } = this.#options;
    const client = createClient(access, role, this.#clients);
    this.#clients += 1;
    const isPresent = (): boolean => client === this.#client && !this.#closed;
    // Without a listener a client writes its errors to standard error. This one stays even after the client was replaced.
    client.on('error', (error: unknown) => {
      if (!isPresent()) return;
      this.#trouble = reasonOf(error);
      if (client.status !== 'ready') this.#lost(client);
    });
    client.on('close', () => {
      if (isPresent()) this.#lost(client);
    });
    client.on('end', () => {
      if (isPresent()) this.#replace(client);
    });
    client.on('ready', () => {
      if (isPresent()) this.#ready();
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
    if (role === 'bell') this.#checkBell(this.#client);
    onReady?.();
  }

  /** Where the answer does not come, the client gives the socket up (`SILENCE_LIMIT_MS`). */
  #checkBell(client: RedisClient): void {
    this.#check?.cancel();
    this.#check = this.#options.timers.after(BELL_CHECK_MS, () => {
      if (client !== this.#client || !this.isReady()) return;
      sent(client, 'PING', []).catch((error: unknown) => (this.#trouble = reasonOf(error)));
      this.#checkBell(client);
    });
  }

  #lost(client: RedisClient): void {
    const { role, logger } = this.#options;
    if (!this.#toldLoss) logger.warn({ role, reason: this.#trouble }, 'Redis is not there');
    this.#toldLoss = true;
    this.#beImpatient(client);
  }

  /** Begins to count how long the client is not ready, unless that is counted already. */
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

/** A client may throw instead of answering. */
async function sent(
  target: Pick<RedisClient, 'call'>,
  command: string,
  args: readonly RedisArgument[],
): Promise<unknown> {
  return target.call(command, [...args]);
}

function failed(kind: RedisFailureKind, reason: string, code = ''): RedisFailure {
  return { ok: false, kind, code, reason };
}

function failureOf(error: unknown): RedisFailure {
  const reason = reasonOf(error);
  if (error instanceof Error) {
    if (error.name === 'ReplyError') return failed('refused', reason, /^[A-Z]+/.exec(reason)?.[0] ?? 'ERR');
    if (error.message === 'Command timed out') return failed('timeout', 'Redis did not answer in time');
    if (error.message.includes('enableOfflineQueue')) return failed('not_ready', 'Redis is not there');
  }
  return failed('lost', reason);
}

/** A server that does not know a command repeats its arguments, the password of AUTH among them. */
function reasonOf(error: unknown): string {
  const [message = ''] = messageOf(error).split(/,? with args beginning with/);
  return message.slice(0, MAX_REASON);
}
