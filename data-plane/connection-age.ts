/**
 * How long a connection may stay: until it has had its share of requests, or is old. Connections of clients end so that clients
 * spread over workers, connections to backends so that traffic follows a name to another address.
 */
import type { Random } from '#shared/ports.js';
import type { LimitSettings } from '#shared/settings.js';

/** 0.8 to 1.2, once per connection: spreads the ends of connections that began together. */
export function ageFactor(random: Random): number {
  return 0.8 + 0.4 * random();
}

/** Whether it may serve another request after this one. @param requests so far, this one included */
export function mayStay(limits: LimitSettings, requests: number, ageMs: number, factor: number): boolean {
  return requests < limits.requestsPerConnection && ageMs < limits.connectionAgeMs * factor;
}

/** What is left of a connection to a backend. */
export interface UpstreamLife {
  /** Requests that it may still carry. */
  requests: number;
  /** When it is too old, in milliseconds of the clock it was begun by. */
  readonly until: number;
}

/** The life of a connection that is made now. */
export function upstreamLife(limits: LimitSettings, at: number, random: Random): UpstreamLife {
  return {
    requests: limits.upstreamRequestsPerConnection,
    until: at + limits.upstreamConnectionAgeMs * ageFactor(random),
  };
}

/** One request more has been carried. Returns how much longer the connection may be kept, in milliseconds; 0: not at all. */
export function restOfLife(life: UpstreamLife, at: number): number {
  life.requests -= 1;
  return life.requests > 0 ? Math.max(0, life.until - at) : 0;
}
