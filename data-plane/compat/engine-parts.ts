/** What all requests through http-proxy-3 have in common. */
import { bugReporter } from '../bug-report.js';
import type { ForwarderDeps } from '../forwarder.js';
import { HttpDate } from '../http-date.js';
import { Scratch } from '../http1/scratch.js';
import type { RetryBudgetState } from '../routing/retry-budget.js';
import { ClientConnections } from './client-connections.js';
import { HttpProxy } from './http-proxy.js';
import { UpstreamAgents } from './upstream-agents.js';

export interface EngineParts {
  readonly context: ForwarderDeps;
  readonly date: HttpDate;
  readonly agents: UpstreamAgents;
  readonly proxy: HttpProxy;
  readonly connections: ClientConnections;
  /** For reading heads with the native engine's parser. */
  readonly scratch: Scratch;
  /** Of the worker: retries of all protocols count together. */
  readonly budget: RetryBudgetState;
  isClosing(): boolean;
  /** An exception where none should be: told to the log. */
  bug(error: unknown): void;
}

export interface PartsOrder {
  readonly budget: RetryBudgetState;
  isClosing(): boolean;
}

export function createParts(context: ForwarderDeps, order: PartsOrder): EngineParts {
  return {
    context,
    date: new HttpDate(context.clock),
    agents: new UpstreamAgents(context),
    proxy: new HttpProxy(),
    connections: new ClientConnections(() => context.monotonic(), context.random),
    scratch: new Scratch(),
    budget: order.budget,
    isClosing: () => order.isClosing(),
    bug: bugReporter(context),
  };
}
