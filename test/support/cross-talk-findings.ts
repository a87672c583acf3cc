/** What may not be, over all that take part in a cross-talk test. */

export interface Findings {
  /** Bytes where they do not belong. */
  readonly foreign: string[];
  /** Messages that were refused or cut without need. */
  readonly lost: string[];
}
