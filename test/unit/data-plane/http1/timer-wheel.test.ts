import { Deadline, TICK_MS, TimerWheel } from '../../../../data-plane/http1/timer-wheel.js';

describe('the timer wheel', () => {
  let present = 0;
  let wheel: TimerWheel;
  const log: string[] = [];
  const bugs: unknown[] = [];

  beforeEach(() => {
    present = 1_000;
    log.length = 0;
    bugs.length = 0;
    wheel = new TimerWheel(
      () => present,
      (error) => bugs.push(error),
    );
  });
  function deadline(name: string): Deadline {
    return new Deadline({
      expired: () => log.push(`${name} at ${present - 1_000}`),
      destroy: () => log.push(`${name} destroyed`),
    });
  }
  /** In steps such as the timer makes. */
  function pass(ms: number): void {
    const end = present + ms;
    while (present < end) {
      present = Math.min(end, present + TICK_MS);
      wheel.advance();
    }
  }
  function timesOf(name: string): number[] {
    return log.filter((line) => line.startsWith(`${name} at`)).map((line) => Number(line.split(' at ')[1]));
  }

  it.each([0, 1, 49, 50, 100, 2_000, 3_199, 3_200, 3_201, 10_000, 3_600_000])(
    'meets a deadline of %d ms never early and at most two ticks late',
    (delay) => {
      wheel.set(deadline('a'), delay);
      pass(delay + 3 * TICK_MS);
      const [at = -1, ...more] = timesOf('a');
      expect(at).toBeGreaterThanOrEqual(delay);
      expect(at).toBeLessThanOrEqual(delay + 2 * TICK_MS);
      expect(more).toEqual([]);
    },
  );

  it('moves a deadline later, however often', () => {
    const moved = deadline('a');
    for (let i = 0; i < 100; i += 1) {
      wheel.set(moved, 1_000);
      pass(500);
    }
    expect(log).toEqual([]);
    pass(600);
    expect(timesOf('a')).toHaveLength(1);
  });

  it('moves a deadline earlier', () => {
    const moved = deadline('a');
    wheel.set(moved, 60_000);
    wheel.set(moved, 100);
    pass(200);
    expect(timesOf('a')).toHaveLength(1);
    pass(70_000);
    expect(timesOf('a')).toHaveLength(1);
  });

  it('does not tell of a deadline that was cleared, until it is set again', () => {
    const cleared = deadline('a');
    wheel.set(cleared, 100);
    wheel.clear(cleared);
    pass(10_000);
    expect(log).toEqual([]);
    wheel.set(cleared, 100);
    pass(200);
    expect(timesOf('a')).toHaveLength(1);
  });

  it('lets go of the owner of a deadline that was given up', () => {
    const given = deadline('a');
    wheel.set(given, 100);
    wheel.giveUp(given);
    expect(given.owner).toBeNull();
    pass(10_000);
    expect(log).toEqual([]);
  });

  it('lets an owner set its deadline anew when it is told', () => {
    let count = 0;
    const again: Deadline = new Deadline({
      expired: () => {
        count += 1;
        if (count < 5) wheel.set(again, 200);
      },
      destroy: () => undefined,
    });
    wheel.set(again, 200);
    pass(10_000);
    expect(count).toBe(5);
  });

  it('cuts an owner that throws, tells the bug, and goes on with the others', () => {
    const bug = new Error('expected');
    const broken = new Deadline({
      expired: () => {
        throw bug;
      },
      destroy: () => log.push('destroyed'),
    });
    wheel.set(deadline('before'), 200);
    wheel.set(broken, 200);
    wheel.set(deadline('after'), 200);
    pass(1_000);
    expect(bugs).toEqual([bug]);
    expect(log).toContain('destroyed');
    expect([...timesOf('before'), ...timesOf('after')]).toHaveLength(2);
  });

  it('blames nobody for time in which the process stood still', () => {
    wheel.set(deadline('a'), 5_000);
    present += 600_000;
    wheel.advance();
    expect(log).toEqual([]);
    pass(5_000);
    expect(timesOf('a')).toHaveLength(1);
  });

  it('stands still when the clock goes back', () => {
    wheel.set(deadline('a'), 1_000);
    pass(500);
    present -= 10_000;
    wheel.advance();
    pass(400);
    expect(log).toEqual([]);
    pass(300);
    expect(log).toHaveLength(1);
  });
});
