import { workerEnv, workerExecArgv } from '../../../../control-plane/workers/worker-memory.js';

describe('what a worker is started with', () => {
  it('is a small young generation beside the arguments of the primary', () => {
    expect(workerExecArgv(['--cpu-prof'], undefined)).toEqual(['--cpu-prof', '--max-semi-space-size=8']);
  });

  it.each([
    [['--max-semi-space-size=32'], undefined],
    [['--max_semi_space_size=32'], undefined],
    [['--min-semi-space-size=8'], undefined],
    [[], '--enable-source-maps --max-semi-space-size=32'],
  ])('leaves the size to the operator: %j, NODE_OPTIONS %j', (execArgv, nodeOptions) => {
    expect(workerExecArgv(execArgv, nodeOptions)).toEqual(execArgv);
  });

  it('is one arena that gives memory back, unless the operator says otherwise', () => {
    expect(workerEnv({})).toEqual({ MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '1048576' });
    expect(workerEnv({ MALLOC_ARENA_MAX: '4' })).toEqual({ MALLOC_TRIM_THRESHOLD_: '1048576' });
  });
});
