import {
  descendantsOf,
  parseCpuList,
  parseResidentBytes,
  parseSchedstat,
  parseStat,
} from '../../bench/proc-files.js';

describe('parseStat', () => {
  it('reads parent and CPU time behind a name with blanks and parentheses', () => {
    const text =
      '20641 (ng) inx (x)) R 20634 20634 11959 0 -1 4194304 2386 0 10 0 14 2 7 9 20 0 7 0 291546\n';
    expect(parseStat(text)).toEqual({ pid: 20641, parent: 20634, cpuTicks: 16 });
  });

  it.each(['', 'nothing', '1 (a', '1 (a) R', 'x (a) R 1 1 1 1 1 1 1 1 1 1 1 1 1'])(
    'gives null for %j',
    (text) => {
      expect(parseStat(text)).toBeNull();
    },
  );
});

describe('parseSchedstat', () => {
  it('reads the time that a thread ran', () => {
    expect(parseSchedstat('161561744 226159537 86\n')).toBe(161_561_744);
  });

  it('gives null for anything else', () => {
    expect(parseSchedstat('')).toBeNull();
  });
});

describe('parseResidentBytes', () => {
  it('reads kibibytes', () => {
    expect(parseResidentBytes('Name:\tnode\nVmHWM:\t   90 kB\nVmRSS:\t   45312 kB\n')).toBe(45_312 * 1024);
  });

  it('gives 0 for a process without memory', () => {
    expect(parseResidentBytes('Name:\tkthreadd\n')).toBe(0);
  });
});

describe('parseCpuList', () => {
  it.each([
    { text: '0-2,5\n', cpus: [0, 1, 2, 5] },
    { text: '3', cpus: [3] },
    { text: '', cpus: [] },
  ])('reads $text', ({ text, cpus }) => {
    expect(parseCpuList(text)).toEqual(cpus);
  });
});

describe('descendantsOf', () => {
  it('finds children and grandchildren and nobody else', () => {
    const processes = [
      [1, 0],
      [10, 1],
      [11, 10],
      [12, 11],
      [13, 10],
      [20, 1],
    ].map(([pid = 0, parent = 0]) => ({ pid, parent, cpuTicks: 0 }));
    expect(descendantsOf(10, processes)).toEqual([11, 13, 12]);
    expect(descendantsOf(20, processes)).toEqual([]);
  });
});
