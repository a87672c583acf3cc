/**
 * The totals of all counters and histograms, which outlive the workers that counted. Holds numbers only: what may be
 * counted is decided in `worker-deltas.ts` and `label-rules.ts`, how it is shown in `registry.ts`.
 *
 * Bounds: a metric has at most `MAX_SERIES_PER_METRIC` series (a histogram's label set is one series). Series of a
 * pool or backend that is no longer configured are kept for `REMOVED_SERIES_KEEP_MS`, so that the last scrapes see
 * its last requests, and then forgotten; should it come back later, its counters start from 0 as after a restart,
 * which Prometheus understands. Gauges of what is gone vanish at once.
 */
import { DURATION_BUCKETS, MAX_SERIES_PER_METRIC } from '#shared/metric.js';
import { METRICS, type MetricKey } from './catalogue.js';
import { isConfigured, type Configured } from './label-rules.js';

/** How long counters of removed pools and backends are still shown: an hour, several times any scrape interval. */
export const REMOVED_SERIES_KEEP_MS = 3_600_000;

/** Slots of a histogram series: the buckets (one more than there are bounds), the sum, and the count as told. */
export const SUM_SLOT = DURATION_BUCKETS.length + 1;
export const COUNT_SLOT = SUM_SLOT + 1;

export interface Series {
  readonly labels: readonly string[];
  /** Counter or gauge: one number. Histogram: `COUNT_SLOT + 1` numbers. */
  readonly values: Float64Array;
  /** False once it was forgotten: then it must not be counted on. */
  live: boolean;
  /** Since when its pool or backend is gone. */
  removedAt: number | null;
}

/** Label values cannot hold it: names are letters, digits, dot, dash and underscore. */
const SEPARATOR = '\n';

export class MetricTotals {
  readonly #metrics = new Map<MetricKey, Map<string, Series>>();

  /** The series with these labels, made if there is none yet; `null` when the metric is at its cap. */
  series(metric: MetricKey, labels: readonly string[]): Series | null {
    let all = this.#metrics.get(metric);
    if (all === undefined) {
      all = new Map();
      this.#metrics.set(metric, all);
    }
    const key = labels.join(SEPARATOR);
    const existing = all.get(key);
    if (existing !== undefined) return existing;
    if (all.size >= MAX_SERIES_PER_METRIC) return null;
    const slots = METRICS[metric].type === 'histogram' ? COUNT_SLOT + 1 : 1;
    const created: Series = {
      labels: [...labels],
      values: new Float64Array(slots),
      live: true,
      removedAt: null,
    };
    all.set(key, created);
    return created;
  }

  /** Adds to a counter on the primary's own behalf. At the cap the increment is counted as dropped instead. */
  add(metric: MetricKey, labels: readonly string[], increment: number): void {
    const series = this.series(metric, labels);
    if (series === null) this.countDropped(metric);
    else series.values[0] = (series.values[0] ?? 0) + increment;
  }

  /** Sets a gauge. */
  set(metric: MetricKey, labels: readonly string[], value: number): void {
    const series = this.series(metric, labels);
    if (series !== null) series.values[0] = value;
  }

  /** Counts a series refused at the cap. There are fewer metrics than the cap, so this counter never meets it. */
  countDropped(metric: MetricKey): void {
    this.add('droppedSeries', [METRICS[metric].name], 1);
  }

  /** All series of a metric. */
  all(metric: MetricKey): Iterable<Series> {
    return this.#metrics.get(metric)?.values() ?? [];
  }

  /** Forgets what of a metric the header says is to be forgotten. Call it before the metric is shown. */
  prune(metric: MetricKey, at: number, configured: Configured): void {
    const all = this.#metrics.get(metric) ?? new Map<string, Series>();
    const keepMs = METRICS[metric].type === 'gauge' ? 0 : REMOVED_SERIES_KEEP_MS;
    for (const [key, series] of all) {
      if (isConfigured(metric, series.labels, configured)) {
        series.removedAt = null;
        continue;
      }
      series.removedAt ??= at;
      if (at - series.removedAt < keepMs) continue;
      series.live = false;
      all.delete(key);
    }
  }
}
