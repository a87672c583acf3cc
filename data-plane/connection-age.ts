/** How long a client's connection may stay: until it has had its share of requests, or is old. */
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
