import { WorkerLoads } from '../../../../control-plane/broadcast/worker-loads.js';
import { backendId, poolId } from '../../../../shared/ids.js';

const pool = poolId('web');

function entry(backend: string, active: number) {
  return { pool, backend: backendId(backend), active };
}

/** What each worker is told: `backend: requests`. */
function told(loads: WorkerLoads, workers: readonly number[]) {
  return loads.messages(workers).map(({ worker, message }) => {
    const loads = message.backends.map(({ backend, active }) => [backend, active] as const);
    return [worker, Object.fromEntries(loads)] as const;
  });
}

describe('the loads of workers', () => {
  it('adds up the requests that wait, and forgets them with their worker', () => {
    const loads = new WorkerLoads();
    loads.reportWaiting(1, [{ pool, waiting: 3 }]);
    loads.reportWaiting(2, [{ pool, waiting: 4 }]);
    expect([loads.waiting('web'), loads.waiting('api')]).toEqual([7, 0]);
    loads.reportWaiting(2, []);
    expect(loads.waiting('web')).toBe(3);
    loads.forget(1);
    expect(loads.waiting('web')).toBe(0);
  });

  it('tells each worker what all others have in flight', () => {
    const loads = new WorkerLoads();
    loads.report(1, [entry('a', 3), entry('b', 1)]);
    loads.report(2, [entry('a', 2)]);
    expect(told(loads, [1, 2, 3])).toEqual([
      [1, { a: 2 }],
      [2, { a: 3, b: 1 }],
      [3, { a: 5, b: 1 }],
    ]);
    expect(loads.active('web', 'a')).toBe(5);
    expect(loads.active('web', 'c')).toBe(0);
    expect(loads.active('api', 'a')).toBe(0);
  });

  it('says nothing while nothing changes', () => {
    const loads = new WorkerLoads();
    expect(told(loads, [1])).toEqual([]);
    loads.report(1, [entry('a', 1)]);
    expect(told(loads, [1, 2])).toHaveLength(2);
    expect(told(loads, [1, 2])).toEqual([]);
  });

  it('takes each report as the whole list of its worker', () => {
    const loads = new WorkerLoads();
    loads.report(1, [entry('a', 3)]);
    loads.report(1, [entry('b', 1)]);
    expect(told(loads, [2])).toEqual([[2, { b: 1 }]]);
    loads.report(1, []);
    expect(told(loads, [2])).toEqual([[2, {}]]);
  });

  it('forgets what a dead worker had in flight', () => {
    const loads = new WorkerLoads();
    loads.report(1, [entry('a', 3)]);
    loads.report(2, [entry('a', 1)]);
    told(loads, [1, 2]);
    loads.forget(1);
    expect(told(loads, [2, 3])).toEqual([
      [2, {}],
      [3, { a: 1 }],
    ]);
    loads.forget(1);
    expect(told(loads, [2])).toEqual([]);
  });
});
