import { HUNG_LIMIT, type Silence, hungWorkers } from '../../../../control-plane/workers/watchdog.js';

const SPINS = { isStopped: false, isRunnable: true, cpuMs: 1_000 };
const STARVES = { isStopped: false, isRunnable: true, cpuMs: 990 };
const STOPPED = { isStopped: true, isRunnable: false, cpuMs: 0 };
const WAITS = { isStopped: false, isRunnable: false, cpuMs: 0 };

function silent(worker: number, owed: number, process: Silence['process']): Silence {
  return { worker, owed, process };
}

/** Heartbeats that a worker may owe, alone among eight, before it is ended. */
function patience(process: Silence['process']): number {
  for (let owed = 1; owed < 100; owed += 1) {
    if (hungWorkers([silent(1, owed, process)], 8).length > 0) return owed - 1;
  }
  return Infinity;
}

describe('hungWorkers', () => {
  it.each([
    ['is stopped', STOPPED, 2],
    ['spins', SPINS, 3],
    ['waits for something else', WAITS, 4],
    ['is not told of by the system', null, 4],
    ['is starved by others', STARVES, 60],
  ])('lets a worker that %s owe its answer for a bounded number of heartbeats', (_name, process, limit) => {
    expect(patience(process)).toBe(limit);
  });

  it('ends few at once, those silent for longest first: their silence may have one cause', () => {
    const silences = Array.from({ length: 8 }, (_, index) => silent(index, HUNG_LIMIT + 1 + index, SPINS));
    expect(hungWorkers(silences, 8)).toEqual([7, 6]);
    expect(hungWorkers(silences.slice(0, 2), 2)).toEqual([1]);
  });

  it('ends all that are stopped: they serve nobody', () => {
    const silences = [silent(1, 3, STOPPED), silent(2, 3, STOPPED), silent(3, 3, SPINS)];
    expect(hungWorkers(silences, 3)).toEqual([1, 2]);
  });

  it('ends nobody who answers', () => {
    expect(hungWorkers([], 4)).toEqual([]);
  });
});
