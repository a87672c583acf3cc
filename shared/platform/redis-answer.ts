/** What a call of Redis came to, and why one failed, in words that may be told. */
import { messageOf } from '../error-text.js';
import type { RedisResult } from '../metric-labels.js';

const MAX_REASON = 200;
/** What an error says after its reason: arguments, or the place in a script. Redis names the script there, Valkey does not. */
const AFTER_REASON = /,? with args beginning with| script: (?:[0-9a-f]{40}|on @user_script:)/;

/** Why a call failed. `REDIS_RESULTS` says whether the call may have been executed. */
type RedisFailureKind = Exclude<RedisResult, 'ok'>;

export interface RedisFailure {
  readonly ok: false;
  readonly kind: RedisFailureKind;
  /** First word of the server's error, such as `NOSCRIPT`, `READONLY` or `OOM`. Empty for all other failures. */
  readonly code: string;
  /** One sentence. It contains no arguments of the call, because they may be secret. */
  readonly reason: string;
}

export type RedisAnswer = { readonly ok: true; readonly value: unknown } | RedisFailure;

export function failed(kind: RedisFailureKind, reason: string, code = ''): RedisFailure {
  return { ok: false, kind, code, reason };
}

export function isRefusal(error: unknown): boolean {
  const cause = causeOf(error);
  return cause instanceof Error && cause.name === 'ReplyError';
}

export function failureOf(error: unknown): RedisFailure {
  const reason = reasonOf(error);
  if (isRefusal(error)) return failed('refused', reason, /^[A-Z]+/.exec(reason)?.[0] ?? 'ERR');
  if (error instanceof Error) {
    if (error.message === 'Command timed out') return failed('timeout', 'Redis did not answer in time');
    if (error.message.includes('enableOfflineQueue')) return failed('not_ready', 'Redis is not there');
  }
  return failed('lost', reason);
}

/**
 * Cuts off arguments, because a server repeats them in the error for an unknown command. The password of AUTH may be among
 * them. Cuts off the place in a script as well, which tells an operator nothing.
 */
export function reasonOf(error: unknown): string {
  const [message = ''] = messageOf(causeOf(error)).split(AFTER_REASON);
  return message.slice(0, MAX_REASON);
}

/** A client of a Redis Cluster that finds no node to go by says only that. What the last one said is the cause. */
function causeOf(error: unknown): unknown {
  if (!(error instanceof Error) || !('lastNodeError' in error)) return error;
  return error.lastNodeError instanceof Error ? error.lastNodeError : error;
}
