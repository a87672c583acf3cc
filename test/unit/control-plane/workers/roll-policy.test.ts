import {
  nextStep,
  overMemory,
  type RolledWorker,
  type RollStep,
} from '../../../../control-plane/workers/roll-policy.js';

const PAIR = { old: 1, successor: 3 };

describe('the next step of a roll', () => {
  it.each<[string, readonly RolledWorker[], RollStep]>([
    ['waits for the new worker to forward', [is(1), is(3, 'starting'), is(2)], { kind: 'wait' }],
    [
      'asks the old worker to end once the new one forwards',
      [is(1), is(3), is(2)],
      { kind: 'end', pair: PAIR },
    ],
    ['waits for the requests of the old worker', [is(1, 'stopping'), is(3), is(2)], { kind: 'wait' }],
    ['begins with the next worker when the old one has ended', [is(3), is(2)], { kind: 'start', worker: 2 }],
    ['leaves out a worker that was started again meanwhile', [is(3), is(4)], { kind: 'done' }],
    ['leaves out a worker that does not forward', [is(3), is(2, 'backing-off')], { kind: 'done' }],
    ['stops if the new worker has ended', [is(1), is(2)], { kind: 'stop', successor: 3 }],
    [
      'stops if the new worker ends while the old one finishes its requests',
      [is(1, 'stopping'), is(3, 'backing-off'), is(2)],
      { kind: 'stop', successor: 3 },
    ],
    ['waits for a new worker whose old one died meanwhile', [is(3, 'starting'), is(2)], { kind: 'wait' }],
  ])('%s', (_name, workers, step) => {
    expect(nextStep({ left: [2], pair: PAIR }, workers)).toEqual(step);
  });

  it('begins with the first worker', () => {
    expect(nextStep({ left: [1, 2], pair: null }, [is(1), is(2)])).toEqual({ kind: 'start', worker: 1 });
  });
});

describe('a worker above the limit of memory', () => {
  const with_ = (worker: number, bytes: number | null, phase: RolledWorker['phase'] = 'ready') => ({
    ...is(worker, phase),
    bytes,
  });

  it('is the largest of those that forward', () => {
    const workers = [with_(1, 101), with_(2, 300), with_(3, 200), with_(4, 900, 'stopping')];
    expect(overMemory(workers, 100)).toMatchObject({ worker: 2 });
  });

  it('is not one at the limit, nor one of which nothing is known', () => {
    expect(overMemory([with_(1, 100), with_(2, null)], 100)).toBeNull();
  });
});

function is(worker: number, phase: RolledWorker['phase'] = 'ready'): RolledWorker {
  return { worker, phase };
}
