/**
 * The standing of a pool: whether a new request finds a backend in it. The log, `status` and the API use the same answer and
 * the same words.
 */
import type { PoolState } from './state.js';

export const POOL_STANDINGS = ['serves', 'panic', 'trial', 'unchecked', 'none', 'unknown'] as const;

export type PoolStanding =
  /** Some backends take new requests. */
  | { readonly kind: 'serves'; readonly serving: number; readonly total: number }
  /** Breakers took out too many backends, so the backends that they took out serve. */
  | { readonly kind: 'panic'; readonly total: number }
  /** Only trial requests reach a backend, as many as its breaker permits. */
  | { readonly kind: 'trial'; readonly total: number }
  /** No backend serves, and some wait for their first check. */
  | { readonly kind: 'unchecked'; readonly total: number }
  /** No new request finds a backend. `sessions` says that existing sessions may still be served. */
  | { readonly kind: 'none'; readonly total: number; readonly sessions: boolean }
  /** This host takes no traffic and judges no backends. */
  | { readonly kind: 'unknown'; readonly total: number };

export function standingOfPool({ panic, tally, backends }: PoolState): PoolStanding {
  const total = backends.size;
  if (tally.serving > 0) return { kind: 'serves', serving: tally.serving, total };
  if (panic) return { kind: 'panic', total };
  if (tally.trial > 0) return { kind: 'trial', total };
  if (tally.unchecked > 0) return { kind: 'unchecked', total };
  return { kind: 'none', total, sessions: tally.available > 0 || tally.draining > 0 };
}

/** Says what is wrong with the pool, to be put after its name; `null` if nothing is wrong. */
export function shortageOf(standing: PoolStanding): string | null {
  switch (standing.kind) {
    case 'unknown':
      return null;
    case 'serves':
      return standing.serving < standing.total
        ? `has ${standing.serving} of ${standing.total} backends`
        : null;
    case 'panic':
      return 'is in panic: it serves through backends that their breakers took out';
    case 'trial':
      return 'has NO backend but on trial: most requests are answered 503';
    case 'unchecked':
      return 'has NO backend yet: all that could serve wait for their first health check';
    case 'none':
      if (standing.total === 0) return 'has NO backends: every request is answered 503';
      return standing.sessions
        ? 'has NO backend for new traffic: all but running sticky sessions are answered 503'
        : 'has NO backend: every request is answered 503';
  }
}

interface PoolNews {
  readonly level: 'info' | 'warn' | 'error';
  /** To be put after the name of the pool. */
  readonly sentence: string;
}

/**
 * The log line for a change of standing; `null` if there is nothing to say or an event says it.
 * @param before `null` for a new pool
 */
export function newsOf(before: PoolStanding | null, now: PoolStanding): PoolNews | null {
  const shortage = shortageOf(now);
  switch (now.kind) {
    case 'serves':
      return servingNews(before, now);
    case 'none':
      return before?.kind === 'none' || shortage === null ? null : { level: 'error', sentence: shortage };
    case 'trial':
      return before === null || before.kind === 'trial' || before.kind === 'none' || shortage === null
        ? null
        : { level: 'error', sentence: shortage };
    case 'panic':
    case 'unchecked':
    case 'unknown':
      return null;
  }
}

/** The log line at the start of a primary. The line is repeated then, because the earlier log may be gone. */
export function newsAtStart(now: PoolStanding): PoolNews | null {
  const sentence = shortageOf(now);
  if (sentence === null || now.kind === 'unchecked') return null; // The first checks follow and are logged.
  return { level: now.kind === 'none' || now.kind === 'trial' ? 'error' : 'warn', sentence };
}

function servingNews(
  before: PoolStanding | null,
  { serving, total }: Extract<PoolStanding, { kind: 'serves' }>,
): PoolNews | null {
  const sentence = `has ${serving} of ${total} backends`;
  if (before?.kind === 'none' || before?.kind === 'trial') return { level: 'info', sentence };
  if (before?.kind !== 'serves') return null;
  if (serving < before.serving && serving < total) return { level: 'warn', sentence };
  const recovered = serving === total && before.serving < before.total;
  return recovered ? { level: 'info', sentence } : null;
}
