/** What the connections and exchanges of one engine have in common. */
import type { ForwarderDeps } from '../forwarder.js';
import type { HttpDate } from '../http-date.js';
import type { RetryBudgetState } from '../routing/retry-budget.js';
import type { ReadBuffers } from './read-buffers.js';
import type { Scratch } from './scratch.js';
import type { TimerWheel } from './timer-wheel.js';
import type { UpstreamConnections } from './upstream-connections.js';

export interface EngineParts {
  readonly context: ForwarderDeps;
  readonly date: HttpDate;
  readonly wheel: TimerWheel;
  readonly scratch: Scratch;
  readonly buffers: ReadBuffers;
  readonly upstreams: UpstreamConnections;
  readonly budget: RetryBudgetState;
  isClosing(): boolean;
  /** An exception where none should be: told to the log; the connection concerned is cut, all others go on. */
  bug(error: unknown): void;
}
