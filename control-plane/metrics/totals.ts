/**
 * The totals of all counters and histograms. They outlive the workers that counted. This file only holds numbers:
 * `worker-deltas.ts` and `label-rules.ts` decide what may be counted, `registry.ts` shows it.
 *
 * Bounds: a metric has at most `MAX_SERIES_PER_METRIC` series (one set of labels of a histogram is one series).
 * Counters of a pool or backend that is no longer configured are kept for `REMOVED_SERIES_KEEP_MS`, so that the last
 * scrapes see its last requests. Then they are forgotten. If the backend comes back later, its counters start from 0 as
 * after a restart, which Prometheus understands. Gauges of a removed pool or backend vanish at once.
 */
import { DURATION_BUCKETS, MAX_SERIES_PER_METRIC } from '#shared/metric.js';
import { METRICS, type MetricKey } from './catalogue.js';
import { isConfigured, type Configured } from './label-rules.js';

/**
 * How long counters of removed pools and backends are still shown: an hour, which is several times any scrape interval.
 */
export const REMOVED_SERIES_KEEP_MS = 3_600_000;

/**
 * Slots of a histogram series: first the buckets (one more than there are bounds), then the sum, then the count as
 * reported.
 */
export const SUM_SLOT = DURATION_BUCKETS.length + 1;
export const COUNT_SLOT = SUM_SLOT + 1;

export interface Series {
  readonly labels: readonly string[];
  /** Counter or gauge: one number. Histogram: `COUNT_SLOT + 1` numbers. */
  readonly values: Float64Array;
  /** False once the series was forgotten: nothing must be added to it any more. */
  live: boolean;
  /** Since when its pool or backend is not configured, in milliseconds since 1970; `null` while it is. */
  removedAt: number | null;
}

/** No label value contains it: names consist of letters, digits, dot, dash and underscore. */
const SEPARATOR = '\n';

export class MetricTotals {
  readonly #metrics = new Map<MetricKey, Map<string, Series>>();

  /** The series with these labels, made if there is none yet; `null` if the metric is at its cap. */
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

  /** Adds to a counter that the primary itself counts. At the cap it counts a dropped series instead. */
  add(metric: MetricKey, labels: readonly string[], increment: number): void {
    const series = this.series(metric, labels);
    if (series === null) this.countDropped(metric);
    else series.values[0] = (series.values[0] ?? 0) + increment;
  }

  set(metric: MetricKey, labels: readonly string[], value: number): void {
    const series = this.series(metric, labels);
    if (series !== null) series.values[0] = value;
  }

  /**
   * Counts a series that was refused at the cap. This counter itself never reaches the cap, because there are fewer
   * metrics.
   */
  countDropped(metric: MetricKey): void {
    this.add('droppedSeries', [METRICS[metric].name], 1);
  }

  /** All series of a metric. */
  all(metric: MetricKey): Iterable<Series> {
    return this.#metrics.get(metric)?.values() ?? [];
  }

  /**
   * Forgets the series of a metric that the header of this file says. Call it before the metric is shown. `at` is in
   * milliseconds since 1970.
   */
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
