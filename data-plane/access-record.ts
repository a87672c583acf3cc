/** What the access log is told of a request when it is over. */
import type { HttpVersion } from '#shared/metric-labels.js';

export interface AttemptRecord {
  readonly backend: string;
  readonly durationMs: number;
  /** Status of the answer, or why there was none. */
  readonly result: number | string;
}

export interface AccessRecord {
  readonly requestId: string;
  readonly client: string;
  readonly method: string;
  readonly version: HttpVersion;
  readonly host: string | null;
  readonly target: string;
  readonly pool: string | null;
  readonly status: number;
  /** Code of a local reply. */
  readonly error: string | null;
  readonly aborted: boolean;
  readonly durationMs: number;
  /** Of it, how long the request waited for a slot at a backend. */
  readonly waitedMs: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly attempts: readonly AttemptRecord[];
}
