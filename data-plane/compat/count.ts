/** What an attempt came to, told to everyone who counts: the outcome book, the series, the exchange. */
import type { FailureReason } from '#shared/outcome.js';
import type { ForwarderContext } from '../forwarder.js';
import type { WithheldCause } from '../reports/request-series.js';
import { classifyStatus } from '../routing/classify.js';
import type { Pick } from '../routing/pick.js';
import type { Exchange } from './exchange.js';

/** A backend answered. What its status says about it is `routing/classify`'s to say. */
export function countAnswer(
  context: ForwarderContext,
  exchange: Exchange,
  chosen: Pick,
  status: number,
): void {
  const { counters } = context.series;
  const series = exchange.series.backend(chosen.backend.id);
  const outcome = classifyStatus(status);
  exchange.answers(status);
  context.outcomes.record(chosen.backend, outcome, chosen.permit);
  counters.add(series.requests.get(Math.floor(status / 100)), 1);
  if (outcome.kind === 'failure') counters.add(series.errors.get(outcome.reason), 1);
}

/** A backend did not answer, or not with HTTP. */
export function countFailure(
  context: ForwarderContext,
  exchange: Exchange,
  chosen: Pick,
  reason: FailureReason,
): void {
  context.outcomes.record(chosen.backend, { kind: 'failure', reason }, chosen.permit);
  context.series.counters.add(exchange.series.backend(chosen.backend.id).errors.get(reason), 1);
}

/** A retry was wanted and not made. */
export function countWithheld(context: ForwarderContext, exchange: Exchange, cause: WithheldCause): void {
  context.series.counters.add(exchange.series.withheld.get(cause), 1);
}
