/**
 * The addresses of a backend's name, as health checks and traffic see them. A new address is recorded as an event and can be
 * described in words. Addresses decide nothing. They explain why checks and traffic may judge a backend differently.
 */
import type { PoolId } from '#shared/ids.js';
import type { EventOf } from './events.js';
import type { ResolvedBy } from './evidence.js';
import { isoTime } from './iso-time.js';
import type { BackendState, Resolved } from './state.js';
import type { Transaction } from './transaction.js';

/** Connections are closed at their maximum age, or up to this factor later (`data-plane/connection-age.ts`). */
const LATEST_AGE = 1.2;

export function recordResolved(
  tx: Transaction,
  of: { readonly pool: PoolId; readonly backend: BackendState },
  by: ResolvedBy,
  addresses: readonly string[],
): void {
  const from = of.backend.resolved?.[by]?.addresses ?? [];
  // Each worker reports the addresses that it sees, so known ones are ignored.
  if (addresses.every((address) => from.includes(address))) return;
  tx.emit('BackendResolved', { pool: of.pool, backend: of.backend.id }, { by, from, to: addresses });
}

export function resolvedSentence({ data }: EventOf<'BackendResolved'>): string {
  const who = data.by === 'checks' ? 'health checks go' : 'new connections of traffic go';
  return `${who} to ${data.to.join(', ')}${beforeWords(data.from)}`;
}

/**
 * Describes a backend with a name that has moved: where checks go, where traffic goes, and until when traffic may use
 * connections to the former address. Empty if the name has not moved.
 * @param connectionAgeMs age at which connections to backends are closed, in milliseconds
 * @param at the time to describe, in milliseconds since 1970
 */
export function movedWords(backend: BackendState, connectionAgeMs: number, at: number): string {
  const { checks, traffic } = backend.resolved ?? {};
  const moved = [checks, traffic].filter((one) => one !== undefined && one.before.length > 0);
  if (moved.length === 0) return '';
  const until = Math.max(...moved.map((one) => one?.since ?? 0)) + LATEST_AGE * connectionAgeMs;
  const kept = at < until ? ` Connections made before are kept until ${isoTime(until)} at the latest.` : '';
  return ` ${placesWords(backend, checks, traffic)}.${kept}`;
}

function placesWords({ id }: BackendState, checks?: Resolved, traffic?: Resolved): string {
  if (checks !== undefined && traffic !== undefined && same(checks.addresses, traffic.addresses)) {
    const first = checks.since <= traffic.since ? checks : traffic;
    return `${id} resolves to ${placeWords(first)}`;
  }
  const places = [
    checks === undefined ? null : `health checks go to ${placeWords(checks)}`,
    traffic === undefined ? null : `new connections of traffic go to ${placeWords(traffic)}`,
  ];
  return `Of ${id}, ${places.filter((place) => place !== null).join('; ')}`;
}

function placeWords({ addresses, since, before }: Resolved): string {
  return `${addresses.join(', ')} since ${isoTime(since)}${beforeWords(before)}`;
}

function beforeWords(before: readonly string[]): string {
  return before.length === 0 ? '' : ` (before ${before.join(', ')})`;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((address, index) => address === b[index]);
}
