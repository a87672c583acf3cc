/**
 * Adds the increments that workers send to the totals. The primary does not trust a delta: `shared/decode.ts` has
 * checked its shape, and this file checks its meaning. What it refuses is counted by cause and changes nothing else.
 *
 * A worker numbers its series from 0, in the order in which it defines them. The numbers end with the worker, the
 * totals do not. A refused series (its metric is at the cap, or its backend is not configured) is tried again with each
 * increment.
 */
import type { MetricsDelta, SeriesDefinition } from '#shared/message.js';
import { WORKER_METRICS, type WorkerMetric } from '#shared/worker-metrics.js';
import { mayCount, type Configured } from './label-rules.js';
import { COUNT_SLOT, SUM_SLOT, type MetricTotals, type Series } from './totals.js';

/** Most series that one worker may define, about 1 MB of memory. In practice all metrics at their cap need fewer. */
export const MAX_SERIES_PER_WORKER = 50_000;

/** Largest increment that is believed, because a counter must always stay a whole number in a double. */
export const MAX_INCREMENT = 1e12;

/** Why part of a delta is not counted. */
type DeltaProblem = 'metric' | 'labels' | 'numbering' | 'value' | 'cap';

interface WorkerSeries {
  readonly metric: WorkerMetric;
  readonly labels: readonly string[];
  readonly slot: number;
  /** The series to add to; `null` while it is refused. */
  series: Series | null;
  /** Whether its refusal at the cap has already been counted as a dropped series. */
  dropped: boolean;
}

const COUNTABLE: ReadonlySet<string> = new Set(Object.keys(WORKER_METRICS));

function isCountable(metric: string): metric is WorkerMetric {
  return COUNTABLE.has(metric);
}

export class WorkerDeltas {
  readonly #totals: MetricTotals;
  /** The series of each worker, by their numbers. `null`: an invalid definition, whose increments are ignored. */
  readonly #workers = new Map<number, (WorkerSeries | null)[]>();

  constructor(totals: MetricTotals) {
    this.#totals = totals;
  }

  /** Adds the valid part of a delta. */
  apply(worker: number, delta: MetricsDelta, configured: Configured): void {
    const known = this.#workers.get(worker) ?? [];
    if (delta.firstSeries !== known.length || known.length + delta.series.length > MAX_SERIES_PER_WORKER) {
      this.#refuse('numbering');
      return;
    }
    for (const definition of delta.series) known.push(this.#define(definition));
    this.#workers.set(worker, known);
    if (delta.values.length % 2 !== 0) {
      this.#refuse('value');
      return;
    }
    for (let i = 0; i < delta.values.length; i += 2) {
      const series = known[delta.values[i] ?? -1];
      if (series === undefined) this.#refuse('numbering');
      else if (series !== null) this.#add(series, delta.values[i + 1] ?? 0, configured);
    }
  }

  /** Call when the process of a worker has ended: its numbers are forgotten, its counts stay. */
  dropWorker(worker: number): void {
    this.#workers.delete(worker);
  }

  #define(definition: SeriesDefinition): WorkerSeries | null {
    const { metric, labels } = definition;
    if (!isCountable(metric)) {
      this.#refuse('metric');
      return null;
    }
    const slot = slotOf(metric, definition.part);
    if (slot === null || labels.length !== WORKER_METRICS[metric].labels.length) {
      this.#refuse('labels');
      return null;
    }
    return { metric, labels, slot, series: null, dropped: false };
  }

  #add(target: WorkerSeries, increment: number, configured: Configured): void {
    const whole = target.slot === SUM_SLOT || Number.isInteger(increment);
    if (!(increment >= 0 && increment <= MAX_INCREMENT && whole)) {
      this.#refuse('value');
      return;
    }
    if (target.series === null || !target.series.live) this.#admit(target, configured);
    const values = target.series?.values;
    if (values !== undefined) values[target.slot] = (values[target.slot] ?? 0) + increment;
  }

  #admit(target: WorkerSeries, configured: Configured): void {
    target.series = null;
    if (!mayCount(target.metric, target.labels, configured)) {
      this.#refuse('labels');
      return;
    }
    target.series = this.#totals.series(target.metric, target.labels);
    if (target.series !== null) return;
    this.#refuse('cap');
    if (!target.dropped) this.#totals.countDropped(target.metric);
    target.dropped = true;
  }

  #refuse(cause: DeltaProblem): void {
    this.#totals.add('refusedIncrements', [cause], 1);
  }
}

/** Where the values of a series hold this part; `null` if the metric has no such part. */
function slotOf(metric: WorkerMetric, part: string | undefined): number | null {
  if (WORKER_METRICS[metric].type !== 'histogram') return part === undefined ? 0 : null;
  if (part === 'sum') return SUM_SLOT;
  if (part === 'count') return COUNT_SLOT;
  if (part === undefined || !/^(?:0|[1-9]\d?)$/.test(part)) return null;
  const bucket = Number(part);
  return bucket < SUM_SLOT ? bucket : null;
}
