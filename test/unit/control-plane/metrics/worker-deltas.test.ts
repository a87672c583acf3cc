import type { Configured } from '../../../../control-plane/metrics/label-rules.js';
import { MetricTotals, REMOVED_SERIES_KEEP_MS } from '../../../../control-plane/metrics/totals.js';
import {
  MAX_INCREMENT,
  MAX_SERIES_PER_WORKER,
  WorkerDeltas,
} from '../../../../control-plane/metrics/worker-deltas.js';
import { MAX_SERIES_PER_METRIC } from '../../../../shared/metric.js';
import type { MetricsDelta } from '../../../../shared/message.js';
import { deltaArranger } from '../../../support/metrics-deltas.js';
import { METRICS, type MetricKey } from '../../../../control-plane/metrics/catalogue.js';

function prune(totals: MetricTotals, at: number, configured: Configured): void {
  for (const metric of Object.keys(METRICS) as MetricKey[]) totals.prune(metric, at, configured);
}

function arrange() {
  const backends = new Set(['web/a', 'web/b']);
  const configured: Configured = {
    hasPool: (pool) => pool === '-' || pool === 'web',
    hasBackend: (pool, backend) => backends.has(`${pool}/${backend}`),
  };
  const totals = new MetricTotals();
  const deltas = new WorkerDeltas(totals);
  const total = (metric: MetricKey, ...labels: string[]): number | undefined => {
    for (const series of totals.all(metric)) {
      if (series.labels.join() === labels.join()) return series.values[0];
    }
    return undefined;
  };
  const send = (worker: number, delta: MetricsDelta) => deltas.apply(worker, delta, configured);
  const refused = (cause: string) => total('refusedIncrements', cause) ?? 0;
  return { backends, configured, totals, deltas, total, send, refused };
}

const REQUEST = { metric: 'requests', labels: ['web', 'GET', '200'] };
const ATTEMPT = { metric: 'backendRequests', labels: ['web', 'a', '2xx'] };

describe('deltas of workers', () => {
  it('add up over workers', () => {
    const { send, total } = arrange();
    send(1, deltaArranger().delta({ ...REQUEST, by: 3 }));
    send(2, deltaArranger().delta({ ...REQUEST, by: 4 }));
    expect(total('requests', 'web', 'GET', '200')).toBe(7);
  });

  it('use a series by its number once it is named', () => {
    const { send, total, refused } = arrange();
    const worker = deltaArranger();
    send(1, worker.delta({ ...REQUEST, by: 1 }));
    const second = worker.delta({ ...REQUEST, by: 2 }, { ...ATTEMPT, by: 5 });
    expect(second.series).toHaveLength(1);
    send(1, second);
    expect(total('requests', 'web', 'GET', '200')).toBe(3);
    expect(total('backendRequests', 'web', 'a', '2xx')).toBe(5);
    expect(refused('numbering')).toBe(0);
  });

  it('leave totals standing when their worker ends, and number anew for the next of that name', () => {
    const { send, deltas, total } = arrange();
    send(1, deltaArranger().delta({ ...REQUEST, by: 3 }));
    deltas.dropWorker(1);
    expect(total('requests', 'web', 'GET', '200')).toBe(3);
    send(1, deltaArranger().delta({ ...ATTEMPT, by: 1 }, { ...REQUEST, by: 1 }));
    expect(total('requests', 'web', 'GET', '200')).toBe(4);
  });

  const refusals: readonly [
    string,
    string,
    { metric: string; labels: string[]; part?: string; by?: number },
  ][] = [
    ['a metric that is not in the catalogue', 'metric', { metric: 'nonsense', labels: [] }],
    [
      'a metric that only the primary counts',
      'metric',
      { metric: 'healthChecks', labels: ['web', 'a', 'passed'] },
    ],
    ['the name of a property of all objects', 'metric', { metric: '__proto__', labels: [] }],
    ['a result of another metric', 'labels', { metric: 'redisCommands', labels: ['session', 'hit'] }],
    ['too few labels', 'labels', { metric: 'requests', labels: ['web', 'GET'] }],
    ['too many labels', 'labels', { metric: 'requests', labels: ['web', 'GET', '200', 'x'] }],
    ['a pool that is not configured', 'labels', { metric: 'requests', labels: ['other', 'GET', '200'] }],
    [
      'a backend that is not configured',
      'labels',
      { metric: 'backendRequests', labels: ['web', 'z', '2xx'] },
    ],
    ['a backend of no pool', 'labels', { metric: 'backendRequests', labels: ['-', 'a', '2xx'] }],
    ['a method outside the list', 'labels', { metric: 'requests', labels: ['web', 'BREW', '200'] }],
    ['a status code that is none', 'labels', { metric: 'requests', labels: ['web', 'GET', '099'] }],
    ['a code class that is none', 'labels', { metric: 'backendRequests', labels: ['web', 'a', '9xx'] }],
    ['an error code that is none', 'labels', { metric: 'localReplies', labels: ['web', 'toString'] }],
    ['a reason that is none', 'labels', { metric: 'backendErrors', labels: ['web', 'a', 'boredom'] }],
    ['a version that is none', 'labels', { metric: 'requestsByVersion', labels: ['3'] }],
    ['a result that is none', 'labels', { metric: 'stickyLookups', labels: ['web', 'maybe'] }],
    ['a part of a counter', 'labels', { ...REQUEST, part: 'sum' }],
    ['a histogram without a part', 'labels', { metric: 'requestDuration', labels: ['web', '2xx'] }],
    [
      'a bucket that is not there',
      'labels',
      { metric: 'requestDuration', labels: ['web', '2xx'], part: '15' },
    ],
    ['a part that is none', 'labels', { metric: 'requestDuration', labels: ['web', '2xx'], part: '1.5' }],
    ['a negative increment', 'value', { ...REQUEST, by: -1 }],
    ['an increment that is no number', 'value', { ...REQUEST, by: NaN }],
    ['an endless increment', 'value', { ...REQUEST, by: Infinity }],
    ['an increment beyond belief', 'value', { ...REQUEST, by: MAX_INCREMENT + 1 }],
    ['a part of a request', 'value', { ...REQUEST, by: 0.5 }],
  ];
  it.each(refusals)('are refused and counted: %s', (_name, cause, { by = 1, ...definition }) => {
    const { send, refused, totals, total } = arrange();
    const worker = deltaArranger();
    send(1, worker.delta({ ...definition, by }));
    expect(refused(cause)).toBe(1);
    expect([...totals.all('requests')].map((series) => series.values[0] ?? 0)).not.toContain(by);
    // The rest of that worker is counted all the same.
    send(1, worker.delta({ ...ATTEMPT, by: 2 }));
    expect(total('backendRequests', 'web', 'a', '2xx')).toBe(2);
  });

  it('are refused when series are numbered out of turn', () => {
    const { send, refused, totals } = arrange();
    send(1, { ...deltaArranger().delta({ ...REQUEST, by: 1 }), firstSeries: 1 });
    expect(refused('numbering')).toBe(1);
    expect([...totals.all('requests')]).toEqual([]);
  });

  it.each([1, -1, 0.5, NaN, 2 ** 33])('refuse increments of the unnamed series %d', (number) => {
    const { send, refused, total } = arrange();
    const delta = deltaArranger().delta({ ...REQUEST, by: 1 });
    send(1, { ...delta, values: Float64Array.of(number, 9, 0, 1) });
    expect(refused('numbering')).toBe(1);
    expect(total('requests', 'web', 'GET', '200')).toBe(1);
  });

  it('refuse values without a partner', () => {
    const { send, refused } = arrange();
    const delta = deltaArranger().delta({ ...REQUEST, by: 1 });
    send(1, { ...delta, values: Float64Array.of(0, 1, 0) });
    expect(refused('value')).toBe(1);
  });

  it('refuse more series than a worker may name', () => {
    const { send, refused } = arrange();
    const series = Array.from({ length: MAX_SERIES_PER_WORKER + 1 }, () => REQUEST);
    send(1, { type: 'metrics', firstSeries: 0, series, values: new Float64Array() });
    expect(refused('numbering')).toBe(1);
  });

  it('count requests that reached no pool', () => {
    const { send, total } = arrange();
    send(1, deltaArranger().delta({ metric: 'localReplies', labels: ['-', 'bad_request'], by: 1 }));
    expect(total('localReplies', '-', 'bad_request')).toBe(1);
  });

  it('count a backend from the moment it is configured, though its series was named before', () => {
    const { send, total, backends } = arrange();
    const worker = deltaArranger();
    const late = { metric: 'backendRequests', labels: ['web', 'late', '2xx'] };
    send(1, worker.delta({ ...late, by: 1 }));
    backends.add('web/late');
    send(1, worker.delta({ ...late, by: 2 }));
    expect(total('backendRequests', 'web', 'late', '2xx')).toBe(2);
  });

  it('keep the counters of a removed backend for a while, then forget them', () => {
    const { send, total, totals, backends, configured } = arrange();
    const worker = deltaArranger();
    send(1, worker.delta({ ...ATTEMPT, by: 3 }));
    backends.delete('web/a');
    prune(totals, 1_000, configured);
    send(1, worker.delta({ ...ATTEMPT, by: 1 }));
    prune(totals, 1_000 + REMOVED_SERIES_KEEP_MS - 1, configured);
    expect(total('backendRequests', 'web', 'a', '2xx')).toBe(4);
    prune(totals, 1_000 + REMOVED_SERIES_KEEP_MS, configured);
    expect(total('backendRequests', 'web', 'a', '2xx')).toBeUndefined();
    // Nothing is counted on what is forgotten, and all is well when the backend is back.
    send(1, worker.delta({ ...ATTEMPT, by: 1 }));
    expect(total('backendRequests', 'web', 'a', '2xx')).toBeUndefined();
    backends.add('web/a');
    send(1, worker.delta({ ...ATTEMPT, by: 2 }));
    expect(total('backendRequests', 'web', 'a', '2xx')).toBe(2);
  });

  it('keep the counters of a backend that is back in time', () => {
    const { send, total, totals, backends, configured } = arrange();
    send(1, deltaArranger().delta({ ...ATTEMPT, by: 3 }));
    backends.delete('web/a');
    prune(totals, 0, configured);
    backends.add('web/a');
    prune(totals, 10, configured);
    backends.delete('web/a');
    prune(totals, REMOVED_SERIES_KEEP_MS, configured);
    expect(total('backendRequests', 'web', 'a', '2xx')).toBe(3);
  });

  it('stop making series at the cap, and count each series that is lost once', () => {
    const { send, totals, total, refused } = arrange();
    for (let i = 0; i < MAX_SERIES_PER_METRIC; i++) totals.series('requests', [`pool${i}`, 'GET', '200']);
    const worker = deltaArranger();
    send(1, worker.delta({ ...REQUEST, by: 1 }));
    send(1, worker.delta({ ...REQUEST, by: 1 }));
    expect([...totals.all('requests')]).toHaveLength(MAX_SERIES_PER_METRIC);
    expect(total('droppedSeries', 'tidegate_requests_total')).toBe(1);
    expect(refused('cap')).toBe(2);
  });
});
