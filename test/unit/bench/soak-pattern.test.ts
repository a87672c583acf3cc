import { BodyCheck, bodyOf, soakId } from '../../bench/soak-pattern.js';

describe('bodies that tell whose they are', () => {
  it('are recognised in whatever pieces they come', () => {
    const body = bodyOf(soakId(41), 1_000);
    const check = new BodyCheck(soakId(41));
    for (let from = 0, step = 1; from < body.length; from += step, step += 3) {
      check.push(body.subarray(from, Math.min(body.length, from + step)));
    }
    expect(check.isForeign).toBe(false);
    expect(check.count).toBe(1_000);
  });

  it('are not taken for those of another request', () => {
    const check = new BodyCheck(soakId(41));
    check.push(bodyOf(soakId(42), 11));
    expect(check.isForeign).toBe(true);
  });

  it('are not whole with a piece left out', () => {
    const body = bodyOf(soakId(41), 100);
    const check = new BodyCheck(soakId(41));
    check.push(body.subarray(0, 30));
    check.push(body.subarray(31));
    expect(check.isForeign).toBe(true);
  });

  it('have ids of one length', () => {
    expect(new Set([0, 35, 36, 1_000_000].map((n) => soakId(n).length))).toEqual(new Set([10]));
  });
});
