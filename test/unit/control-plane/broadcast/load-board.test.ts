import { LoadBoard } from '../../../../control-plane/broadcast/load-board.js';
import { backendId, poolId } from '../../../../shared/ids.js';

const pool = poolId('web');

function entry(backend: string, active: number) {
  return { pool, backend: backendId(backend), active };
}

/** What each worker is told: `backend: requests`. */
function told(board: LoadBoard, workers: readonly number[]) {
  return board.messages(workers).map(({ worker, message }) => {
    const loads = message.backends.map(({ backend, active }) => [backend, active] as const);
    return [worker, Object.fromEntries(loads)] as const;
  });
}

describe('the load board', () => {
  it('adds up the requests that wait, and forgets them with their worker', () => {
    const board = new LoadBoard();
    board.reportPending(1, [{ pool, pending: 3 }]);
    board.reportPending(2, [{ pool, pending: 4 }]);
    expect([board.pending('web'), board.pending('api')]).toEqual([7, 0]);
    board.reportPending(2, []);
    expect(board.pending('web')).toBe(3);
    board.forget(1);
    expect(board.pending('web')).toBe(0);
  });

  it('tells each worker what all others have in flight', () => {
    const board = new LoadBoard();
    board.report(1, [entry('a', 3), entry('b', 1)]);
    board.report(2, [entry('a', 2)]);
    expect(told(board, [1, 2, 3])).toEqual([
      [1, { a: 2 }],
      [2, { a: 3, b: 1 }],
      [3, { a: 5, b: 1 }],
    ]);
    expect(board.active('web', 'a')).toBe(5);
    expect(board.active('web', 'c')).toBe(0);
    expect(board.active('api', 'a')).toBe(0);
  });

  it('says nothing while nothing changes', () => {
    const board = new LoadBoard();
    expect(told(board, [1])).toEqual([]);
    board.report(1, [entry('a', 1)]);
    expect(told(board, [1, 2])).toHaveLength(2);
    expect(told(board, [1, 2])).toEqual([]);
  });

  it('takes each report as the whole list of its worker', () => {
    const board = new LoadBoard();
    board.report(1, [entry('a', 3)]);
    board.report(1, [entry('b', 1)]);
    expect(told(board, [2])).toEqual([[2, { b: 1 }]]);
    board.report(1, []);
    expect(told(board, [2])).toEqual([[2, {}]]);
  });

  it('forgets what a dead worker had in flight', () => {
    const board = new LoadBoard();
    board.report(1, [entry('a', 3)]);
    board.report(2, [entry('a', 1)]);
    told(board, [1, 2]);
    board.forget(1);
    expect(told(board, [2, 3])).toEqual([
      [2, {}],
      [3, { a: 1 }],
    ]);
    board.forget(1);
    expect(told(board, [2])).toEqual([]);
  });
});
