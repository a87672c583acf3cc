/**
 * What a worker counts: one element of a typed array per series. A series is looked up by its labels once; from then on the
 * hot path needs only its number. The primary owns the totals; a worker sends increments only.
 */
import type { MetricsDelta, SeriesDefinition } from '#shared/message.js';
import { DURATION_BUCKETS, MAX_SERIES_PER_METRIC } from '#shared/metric.js';
import { type WorkerMetric } from '#shared/worker-metrics.js';

/** Number of a series. Negative: refused because its metric is at its cap; counting it does nothing. */
export type Slot = number;

const REFUSED: Slot = -1;
const FIRST_CAPACITY = 256;

export class Counters {
  readonly #slots = new Map<string, Slot>();
  readonly #perMetric = new Map<WorkerMetric, number>();
  readonly #series: SeriesDefinition[] = [];
  #values = new Float64Array(FIRST_CAPACITY);
  /** Series whose value is not 0, each once. */
  #touched: number[] = [];
  /** Series below this number are known to the primary. */
  #announced = 0;

  /** The slot of a counter. Labels in the order of the catalogue; only values from closed sets. */
  counter(metric: WorkerMetric, ...labels: readonly string[]): Slot {
    return this.#slot(metric, labels, null);
  }

  /** The first slot of a histogram: its buckets, the one beyond the last bound, and its sum follow one another. */
  histogram(metric: WorkerMetric, ...labels: readonly string[]): Slot {
    const first = this.#slot(metric, labels, '0');
    if (first === REFUSED) return REFUSED;
    // All parts are made together, so that they are neighbours.
    for (let bucket = 1; bucket <= DURATION_BUCKETS.length; bucket += 1) {
      this.#slot(metric, labels, String(bucket));
    }
    this.#slot(metric, labels, 'sum');
    return first;
  }

  add(slot: Slot, increment: number): void {
    if (slot < 0 || increment === 0) return;
    const before = this.#values[slot] ?? 0;
    if (before === 0) this.#touched.push(slot);
    this.#values[slot] = before + increment;
  }

  /** Counts one observation, in seconds. */
  observe(histogram: Slot, seconds: number): void {
    if (histogram < 0) return;
    let bucket = 0;
    while (bucket < DURATION_BUCKETS.length && seconds > (DURATION_BUCKETS[bucket] ?? 0)) bucket += 1;
    this.add(histogram + bucket, 1);
    this.add(histogram + DURATION_BUCKETS.length + 1, seconds);
  }

  /** Everything counted since the last call, and starts anew. `null` when there is nothing. */
  takeDelta(): MetricsDelta | null {
    if (this.#touched.length === 0 && this.#announced === this.#series.length) return null;
    const values = new Float64Array(this.#touched.length * 2);
    this.#touched.forEach((slot, index) => {
      values[index * 2] = slot;
      values[index * 2 + 1] = this.#values[slot] ?? 0;
      this.#values[slot] = 0;
    });
    this.#touched = [];
    const firstSeries = this.#announced;
    this.#announced = this.#series.length;
    return { type: 'metrics', series: this.#series.slice(firstSeries), firstSeries, values };
  }

  #slot(metric: WorkerMetric, labels: readonly string[], part: string | null): Slot {
    // Labels hold no control characters, so a joined key cannot be made by other labels.
    const key = `${metric}\n${labels.join('\n')}\n${part ?? ''}`;
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    // The parts after the first belong to a histogram that has been let in.
    if (part === null || part === '0') {
      const count = this.#perMetric.get(metric) ?? 0;
      if (count >= MAX_SERIES_PER_METRIC) return REFUSED;
      this.#perMetric.set(metric, count + 1);
    }
    const slot = this.#series.length;
    this.#series.push(part === null ? { metric, labels } : { metric, labels, part });
    this.#slots.set(key, slot);
    if (slot >= this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    return slot;
  }
}
