/** A mistake in a configuration file: where it is, what is written there, and what was expected. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** Dotted path of the setting; empty for the whole document. */
  readonly path: string;
  /** What was expected, in words. */
  readonly message: string;
  /** What is written instead of what was expected. */
  readonly found?: string;
}
