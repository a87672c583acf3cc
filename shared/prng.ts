/**
 * Repeatable random numbers. Decisions draw from the seed of their command, so that a replay draws the same numbers.
 * Mulberry32 (Tommy Ettinger, public domain) has 32 bits of state. It is good enough for jitter and picks, but not for keys.
 */
import type { Random } from './ports.js';

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
