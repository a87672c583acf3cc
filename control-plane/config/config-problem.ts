/** A mistake in a configuration file: where it is, what is there, and what was expected. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** Dotted path of the setting, `` for the document. */
  readonly path: string;
  /** What was expected, in words. */
  readonly message: string;
  /** What is written there, where something else was expected. */
  readonly found?: string;
}
