/**
 * Renders the page of metrics. The only module that knows prom-client. Each metric of the catalogue is a metric in a
 * registry of its own, and its values are read from totals and gauges at the scrape. prom-client's `AggregatorRegistry`
 * is not used: with it one silent worker fails the scrape, and the counts of a dead worker vanish, so that sums fall
 * and `rate()` sees resets.
 *
 * The page for 10,000 backends has 150,000 lines and takes a second. It is therefore made in slices, and the primary
 * does other work between them. A slice has at most `SLICE_LINES` lines and one series more. A metric is shown as it
 * was when its slice was made.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { DURATION_BUCKETS, type MetricDefinition } from '#shared/metric.js';
import { METRICS, type MetricKey } from './catalogue.js';
import { readGauge, type GaugeDeps } from './gauges.js';
import { configuredIn } from './label-rules.js';
import { COUNT_SLOT, SUM_SLOT, type MetricTotals, type Series } from './totals.js';

export interface MetricsPage {
  /** Prometheus 3 refuses a page without the exact type. */
  readonly contentType: string;
  readonly body: string;
}

/** Lines rendered in one turn of the event loop: about 2 ms. */
export const SLICE_LINES = 500;

interface MetricsRegistry {
  /** `at` is in milliseconds since 1970. */
  render(at: number): Promise<MetricsPage>;
}

/** A line of the text format, as prom-client takes it. */
interface Line {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly metricName?: string;
}

/** @param breathe lets other work have the event loop; it is told how many lines were rendered since its last call */
export function createMetricsRegistry(
  totals: MetricTotals,
  deps: GaugeDeps,
  breathe: (lines: number) => Promise<void> = () => nextTurn(),
): MetricsRegistry {
  const registry = new Registry();
  const shown: { lines: readonly Line[] } = { lines: [] };
  const keys = Object.keys(METRICS) as MetricKey[];
  for (const key of keys) register(registry, METRICS[key], shown);
  return {
    async render(at) {
      // All gauges of one page are read from the same world.
      const world = deps.world();
      const now: GaugeDeps = { ...deps, world: () => world };
      const texts: string[] = [];
      let rendered = 0;
      for (const key of keys) {
        totals.prune(key, at, configuredIn(deps.world().state));
        let isFirst = true;
        for (const lines of slicesOf(linesOf(key, totals, now))) {
          shown.lines = lines;
          const text = await registry.getSingleMetricAsString(METRICS[key].name);
          texts.push(isFirst ? `${text}\n` : withoutHeader(text));
          isFirst = false;
          rendered += lines.length + 1;
          if (rendered < SLICE_LINES) continue;
          await breathe(rendered);
          rendered = 0;
        }
        texts.push('\n');
      }
      return { contentType: registry.contentType, body: texts.join('') };
    },
  };
}

/** Yields at least one slice, so that a metric without series is declared, too. */
function* slicesOf(lines: Iterable<readonly Line[]>): Generator<readonly Line[]> {
  let slice: Line[] = [];
  for (const series of lines) {
    slice.push(...series);
    if (slice.length < SLICE_LINES) continue;
    yield slice;
    slice = [];
  }
  yield slice;
}

/** Removes HELP and TYPE, a line each, because prom-client repeats them with every slice of a metric. */
function withoutHeader(text: string): string {
  const values = text.split('\n', 2).join('\n').length + 1;
  return text.length <= values ? '' : `${text.slice(values)}\n`;
}

/**
 * Makes prom-client render our values. It has no official way to set the buckets of a histogram as numbers. Its
 * registry asks each metric for its values through these two methods, and renders what they return. Its own aggregator
 * relies on the same.
 */
function register(
  registry: Registry,
  definition: MetricDefinition,
  shown: { readonly lines: readonly Line[] },
): void {
  const { name, help, type } = definition;
  const values = (): Promise<object> => Promise.resolve({ name, help, type, values: shown.lines });
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

/** The lines of each series. */
function* linesOf(key: MetricKey, totals: MetricTotals, deps: GaugeDeps): Generator<readonly Line[]> {
  const definition: MetricDefinition = METRICS[key];
  const gauge = readGauge(key, deps);
  if (gauge !== null) {
    for (const { labels, value } of gauge) yield [{ labels: labelled(definition, labels), value }];
    return;
  }
  for (const series of totals.all(key)) {
    if (definition.type === 'histogram') yield histogramLines(definition, series);
    else yield [{ labels: labelled(definition, series.labels), value: series.values[0] ?? 0 }];
  }
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
  // Of two deltas, one may bring the count and the other its bucket. The larger of both sums keeps the page consistent.
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
