import { Counters } from '../../../../data-plane/reports/counters.js';
import { codeClass, RequestSeries } from '../../../../data-plane/reports/request-series.js';
import { poolId } from '../../../../shared/ids.js';
import { DURATION_BUCKETS, MAX_SERIES_PER_METRIC } from '../../../../shared/metric.js';

describe('counters', () => {
  it('tell increments since the last delta, and each series once', () => {
    const counters = new Counters();
    const a = counters.counter('sentBytes', 'a');
    counters.add(a, 2);
    counters.add(a, 3);
    expect(counters.takeDelta()).toEqual({
      type: 'metrics',
      series: [{ metric: 'sentBytes', labels: ['a'] }],
      firstSeries: 0,
      values: new Float64Array([a, 5]),
    });
    expect(counters.takeDelta()).toBeNull();
    const b = counters.counter('sentBytes', 'b');
    counters.add(a, 1);
    counters.add(b, 1);
    expect(counters.takeDelta()).toMatchObject({ firstSeries: 1, series: [{ labels: ['b'] }] });
    counters.add(b, 7);
    expect(counters.takeDelta()).toMatchObject({
      firstSeries: 2,
      series: [],
      values: new Float64Array([b, 7]),
    });
  });

  it('give one series for the same labels', () => {
    const counters = new Counters();
    expect(counters.counter('requests', 'p', 'GET', '200')).toBe(
      counters.counter('requests', 'p', 'GET', '200'),
    );
    expect(counters.counter('requests', 'p', 'GET', '200')).not.toBe(
      counters.counter('requests', 'p', 'GET', '201'),
    );
  });

  it('count an observation in its own bucket and in the sum', () => {
    const counters = new Counters();
    const histogram = counters.histogram('requestDuration', 'p', '2xx');
    counters.observe(histogram, 0.001);
    counters.observe(histogram, 0.0011);
    counters.observe(histogram, 1_000);
    const delta = counters.takeDelta();
    const told = new Map<string | undefined, number>();
    for (let i = 0; i + 1 < delta!.values.length; i += 2) {
      told.set(delta!.series[delta!.values[i]!]?.part, delta!.values[i + 1]!);
    }
    expect(told).toEqual(
      new Map([
        ['0', 1],
        ['1', 1],
        [String(DURATION_BUCKETS.length), 1],
        ['sum', 1_000.0021],
      ]),
    );
    expect(counters.histogram('requestDuration', 'p', '2xx')).toBe(histogram);
  });

  it('refuse series beyond the cap of a metric, and count nothing for them', () => {
    const counters = new Counters();
    for (let i = 0; i < MAX_SERIES_PER_METRIC; i += 1) counters.counter('sentBytes', `p${i}`);
    const refused = counters.counter('sentBytes', 'one more');
    counters.add(refused, 1);
    expect(counters.counter('receivedBytes', 'another metric')).toBeGreaterThan(0);
    expect(counters.takeDelta()?.values).toHaveLength(0);
    for (let i = 0; i < MAX_SERIES_PER_METRIC; i += 1) counters.histogram('requestDuration', `p${i}`, '2xx');
    const none = counters.histogram('requestDuration', 'one more', '2xx');
    counters.observe(none, 1);
    expect(counters.takeDelta()?.values).toHaveLength(0);
  });
});

describe('the series of requests', () => {
  function countedBy(count: (series: RequestSeries) => void): string[] {
    const counters = new Counters();
    const series = new RequestSeries(counters);
    counters.takeDelta();
    count(series);
    const delta = counters.takeDelta();
    return (delta?.series ?? []).map(({ metric, labels }) => [metric, ...labels].join(' '));
  }

  it('are made once, whatever is counted', () => {
    const counters = new Counters();
    const pool = new RequestSeries(counters).pool(poolId('p'));
    pool.answered('GET', 200, 0.1);
    const before = counters.takeDelta()?.series.length ?? 0;
    expect(before).toBeGreaterThan(0);
    pool.answered('GET', 200, 0.1);
    expect(counters.takeDelta()?.series).toEqual([]);
  });

  it.each([
    ['GET', 200, 'GET 200'],
    ['HEAD', 404, 'HEAD 404'],
    ['get', 200, 'other 200'],
    ['BREW', 200, 'other 200'],
    ['__proto__', 299, 'other 299'],
    ['GET', 999, 'GET other'],
    ['GET', 0, 'GET other'],
  ])('have no labels that a client or backend makes up: %s %i', (method, status, labels) => {
    const made = countedBy((series) => series.noPool.answered(method, status, 0));
    expect(made).toContain(`requests - ${labels}`);
  });

  it('are the same objects for the same names', () => {
    const series = new RequestSeries(new Counters());
    expect(series.pool(poolId('p'))).toBe(series.pool(poolId('p')));
  });

  it.each([
    [101, '1xx'],
    [200, '2xx'],
    [599, '5xx'],
    [600, 'other'],
    [0, 'other'],
  ])('class %i is %s', (status, expected) => {
    expect(codeClass(status)).toBe(expected);
  });
});
