import { factsIn, residentBytes, residentIn } from '../../../../control-plane/workers/process-facts.js';

/** A line of `/proc/PID/stat`: its name may hold anything, its 14th and 15th field are CPU time, its 22nd the start. */
const stat = (state: string): string =>
  `42 (a) R (b) ${state} 7 42 42 0 -1 4194560 1 0 0 0 120 30 0 0 20 0 11 0 98765 1 2 3`;

describe('factsIn', () => {
  it('finds parent, start and CPU time behind whatever the name holds', () => {
    expect(factsIn(stat('S'))).toEqual({
      startTicks: '98765',
      parent: 7,
      isStopped: false,
      isRunnable: false,
      cpuMs: 1_500,
    });
  });

  it.each([
    ['R', 'runs or would', { isRunnable: true, isStopped: false }],
    ['D', 'waits for the disk, and could not even be ended', { isRunnable: true, isStopped: false }],
    ['S', 'waits for anything else', { isRunnable: false, isStopped: false }],
    ['T', 'was stopped by a signal', { isRunnable: false, isStopped: true }],
    ['t', 'was stopped by a debugger', { isRunnable: false, isStopped: true }],
  ])('takes state %s for one that %s', (state, _what, facts) => {
    expect(factsIn(stat(state))).toMatchObject(facts);
  });

  it('knows nothing of one that has ended, or of a text that is cut', () => {
    expect(factsIn(stat('Z'))).toBeNull();
    expect(factsIn('42 (node) S 7')).toBeNull();
  });
});

describe('resident memory', () => {
  it('is told in bytes', () => {
    expect(residentIn('Name:\tnode\nVmHWM:\t   90000 kB\nVmRSS:\t   88000 kB\nThreads:\t11\n')).toBe(
      90_112_000,
    );
  });

  it('is unknown of a zombie, and of a process that does not exist', () => {
    expect(residentIn('Name:\tnode\nState:\tZ (zombie)\n')).toBeNull();
    expect(residentBytes(2 ** 30)).toBeNull();
  });
});
