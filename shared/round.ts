/** Three decimals, as many as a log or an answer shows of a duration in milliseconds. */
export function round3(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
