import { sameWorker } from '../../../../control-plane/domain/worker-id.js';

describe('two workers', () => {
  it.each([
    ['of one host and number are the same', { host: 'a', n: 1 }, true],
    ['of other numbers are not', { host: 'a', n: 2 }, false],
    ['of other hosts are not', { host: 'b', n: 1 }, false],
  ])('%s', (_name, other, same) => {
    expect(sameWorker({ host: 'a', n: 1 }, other)).toBe(same);
  });
});
