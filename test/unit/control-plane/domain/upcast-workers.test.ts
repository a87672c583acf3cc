import { withWorkerIds } from '../../../../control-plane/domain/upcast-workers.js';

describe('workers as the first release stored them', () => {
  it.each([
    ['of an event', { worker: 3, pid: 9 }, { worker: { host: '', n: 3 }, pid: 9 }],
    [
      'of a trial that failed',
      { openings: 1, evidence: { kind: 'trial-failed', worker: 1 } },
      { openings: 1, evidence: { kind: 'trial-failed', worker: { host: '', n: 1 } } },
    ],
    [
      'of observations',
      {
        workers: [1, 2],
        pools: [['p', [['a', { trials: { permits: [{ worker: 2 }], lastWorker: null } }]]]],
      },
      {
        workers: [
          { host: '', n: 1 },
          { host: '', n: 2 },
        ],
        pools: [['p', [['a', { trials: { permits: [{ worker: { host: '', n: 2 } }], lastWorker: null } }]]]],
      },
    ],
    ['that are no numbers', { worker: 'x', workers: ['y'] }, { worker: 'x', workers: ['y'] }],
    ['of nothing', null, null],
  ])('%s get the name of no host', (_name, stored, expected) => {
    expect(withWorkerIds(stored)).toEqual(expected);
  });
});
