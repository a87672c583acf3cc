/** Arranges what a worker would send: series definitions and increments, numbered as the contract says. */
import type { MetricsDelta, SeriesDefinition } from '../../shared/message.js';

export interface DeltaArranger {
  /** The delta that adds these increments, naming series that are new to this worker. */
  delta(...increments: (SeriesDefinition & { readonly by: number })[]): MetricsDelta;
}

export function deltaArranger(): DeltaArranger {
  const numbers = new Map<string, number>();
  return {
    delta(...increments) {
      const firstSeries = numbers.size;
      const series: SeriesDefinition[] = [];
      const values: number[] = [];
      for (const { by, ...definition } of increments) {
        const key = JSON.stringify(definition);
        let number = numbers.get(key);
        if (number === undefined) {
          number = numbers.size;
          numbers.set(key, number);
          series.push(definition);
        }
        values.push(number, by);
      }
      return { type: 'metrics', firstSeries, series, values: Float64Array.from(values) };
    },
  };
}
