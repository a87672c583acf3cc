/** The definition of a metric, and the bounds that all metrics share. */
type MetricType = 'counter' | 'gauge' | 'histogram';

export interface MetricDefinition {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly labels: readonly string[];
}

/** Upper bounds of the duration histograms, in seconds. */
export const DURATION_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** The most series per metric. Further ones are only counted in `tidegate_metrics_dropped_series_total`. */
export const MAX_SERIES_PER_METRIC = 10_000;

export function metric(type: MetricType, name: string, help: string, ...labels: string[]): MetricDefinition {
  return { name: `tidegate_${name}`, type, help, labels };
}
