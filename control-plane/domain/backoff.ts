/**
 * How long a breaker stays open: the reset timeout, doubled with each opening in a row up to a cap. The duration varies by
 * ±20 %, so that breakers that opened together do not try again together. Pure: the random number is an argument.
 */
import type { BreakerSettings } from '#shared/settings.js';

type Timeouts = Pick<BreakerSettings, 'resetTimeoutMs' | 'maxResetTimeoutMs'>;

const JITTER = 0.2;

/**
 * Returns whole milliseconds, at most the cap.
 * @param openings counts from 1
 * @param random in [0, 1)
 */
export function openDurationMs(openings: number, settings: Timeouts, random: number): number {
  const doubled = settings.resetTimeoutMs * 2 ** (openings - 1);
  const capped = Math.min(doubled, settings.maxResetTimeoutMs);
  const varied = Math.round(capped * (1 - JITTER + 2 * JITTER * random));
  return Math.min(varied, settings.maxResetTimeoutMs);
}

/**
 * How many openings in a row still count after the breaker was closed for `closedMs` milliseconds: one less per reset
 * timeout. Openings beyond the one that reached the cap do not count, because they did not lengthen the duration.
 */
export function rememberedOpenings(openings: number, closedMs: number, settings: Timeouts): number {
  const growth = Math.log2(settings.maxResetTimeoutMs / settings.resetTimeoutMs);
  const atCap = Math.max(1, Math.ceil(growth) + 1);
  const forgotten = Math.floor(Math.max(0, closedMs) / settings.resetTimeoutMs);
  return Math.max(0, Math.min(openings, atCap) - forgotten);
}
