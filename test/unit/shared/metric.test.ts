import { metric } from '../../../shared/metric.js';

describe('a metric', () => {
  it('has the name of the product before its own', () => {
    expect(metric('counter', 'requests_total', 'Requests.', 'pool')).toEqual({
      name: 'tidegate_requests_total',
      type: 'counter',
      help: 'Requests.',
      labels: ['pool'],
    });
  });
});
