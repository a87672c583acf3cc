/** Rounds to three decimals, which suffices for a duration in milliseconds. */
export function round3(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
