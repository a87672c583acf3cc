/** What a head may cost. The values come from configuration; here is only what they mean. */
export interface HeadLimits {
  /** Longest head, from its first byte to the end of its empty line. */
  readonly headBytes: number;
  /** Most header lines, and most trailer lines. */
  readonly headerCount: number;
  /** Longest request target. */
  readonly targetBytes: number;
}
