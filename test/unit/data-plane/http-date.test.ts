import { HttpDate } from '../../../data-plane/http-date.js';

describe('the time of an answer', () => {
  it('is that of the clock, in whole seconds, made once in each', () => {
    let at = 784_111_777_999;
    const date = new HttpDate({ now: () => at });
    const first = date.now();
    expect(first).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
    at += 1;
    expect(date.now()).toBe('Sun, 06 Nov 1994 08:49:38 GMT');
    at -= 1;
    expect(date.now()).toBe(first);
  });
});
