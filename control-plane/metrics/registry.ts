/**
 * The only module that knows prom-client. Each metric of the catalogue is one of its metrics in a registry of our own,
 * whose values are read from totals and gauges at the scrape. Its `AggregatorRegistry` is not used: there one silent
 * worker fails the scrape, and a dead worker's counts vanish, so that sums fall and `rate()` sees resets.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { DURATION_BUCKETS, METRICS, type MetricDefinition, type MetricKey } from '#shared/metrics.js';
import { readGauge, type GaugeSource } from './gauges.js';
import { configuredIn } from './label-rules.js';
import { COUNT_SLOT, SUM_SLOT, type MetricTotals, type Series } from './totals.js';

export interface MetricsPage {
  /** Prometheus 3 refuses answers whose type is not exactly named. */
  readonly contentType: string;
  readonly body: string;
}

export interface MetricsRegistry {
  /** `at`: milliseconds since 1970. */
  render(at: number): Promise<MetricsPage>;
}

/** A line of the text format, as prom-client takes it. */
interface Line {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly metricName?: string;
}

export function createMetricsRegistry(totals: MetricTotals, source: GaugeSource): MetricsRegistry {
  const registry = new Registry();
  for (const key of Object.keys(METRICS) as MetricKey[]) {
    register(registry, METRICS[key], () => linesOf(key, totals, source));
  }
  return {
    async render(at) {
      totals.prune(at, configuredIn(source.world().state));
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}

/**
 * prom-client has no official way to give a histogram its buckets as numbers. Its registry asks a metric for its
 * values through these two methods and renders what they answer, which is how its own aggregator feeds it.
 */
function register(registry: Registry, definition: MetricDefinition, lines: () => readonly Line[]): void {
  const { name, help, type } = definition;
  const values = (): Promise<object> => Promise.resolve({ name, help, type, values: lines() });
  Object.assign(createMetric(registry, definition), { get: values, getForPromString: values });
}

function createMetric(registry: Registry, definition: MetricDefinition): object {
  const configuration = {
    name: definition.name,
    help: definition.help,
    labelNames: definition.labels,
    registers: [registry],
  };
  switch (definition.type) {
    case 'counter':
      return new Counter(configuration);
    case 'gauge':
      return new Gauge(configuration);
    case 'histogram':
      return new Histogram({ ...configuration, buckets: [...DURATION_BUCKETS] });
  }
}

function linesOf(key: MetricKey, totals: MetricTotals, source: GaugeSource): readonly Line[] {
  const definition: MetricDefinition = METRICS[key];
  const gauge = readGauge(key, source);
  if (gauge !== null) {
    return gauge.map((sample) => ({ labels: labelled(definition, sample.labels), value: sample.value }));
  }
  const all = [...totals.all(key)];
  if (definition.type === 'histogram') return all.flatMap((series) => histogramLines(definition, series));
  return all.map((series) => ({
    labels: labelled(definition, series.labels),
    value: series.values[0] ?? 0,
  }));
}

function histogramLines(definition: MetricDefinition, series: Series): readonly Line[] {
  const labels = labelled(definition, series.labels);
  const metricName = `${definition.name}_bucket`;
  let below = 0;
  const lines: Line[] = DURATION_BUCKETS.map((bound, bucket) => {
    below += series.values[bucket] ?? 0;
    return { metricName, labels: { ...labels, le: String(bound) }, value: below };
  });
  const above = series.values[DURATION_BUCKETS.length] ?? 0;
  // Between two deltas the count may be told before its bucket or after it; what is shown never contradicts itself.
  const count = Math.max(below + above, series.values[COUNT_SLOT] ?? 0);
  lines.push(
    { metricName, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${definition.name}_sum`, labels, value: series.values[SUM_SLOT] ?? 0 },
    { metricName: `${definition.name}_count`, labels, value: count },
  );
  return lines;
}

function labelled(definition: MetricDefinition, values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(definition.labels.map((label, index) => [label, values[index] ?? '']));
}
