import {
  MAX_WAITING_REQUESTS,
  RequestLines,
  type Turn,
} from '../../../../data-plane/compat/request-lines.js';

interface Step extends Turn {
  readonly begun: () => boolean;
  readonly arrived: () => void;
  /** The answer is out. */
  ends(goesOn: boolean): Promise<void>;
}

/** All that follows from what was settled before. */
async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

function step(whole = true): Step {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let begun = false;
  let isWhole = whole;
  return {
    isWhole: () => isWhole,
    run: () => {
      begun = true;
      return promise;
    },
    begun: () => begun,
    arrived: () => {
      isWhole = true;
    },
    ends: async (goesOn) => {
      resolve(goesOn);
      await settled();
    },
  };
}

describe('the requests of a connection', () => {
  const connection = {};

  it('run one after the other, the first at once', async () => {
    const lines = new RequestLines();
    const [first, second] = [step(), step()];
    expect(lines.isFree(connection)).toBe(true);
    expect(lines.take(connection, first)).toBe('taken');
    expect(lines.take(connection, second)).toBe('taken');
    expect([first.begun(), second.begun(), lines.isFree(connection)]).toEqual([true, false, false]);
    await first.ends(true);
    expect(second.begun()).toBe(true);
    await second.ends(true);
    expect(lines.isFree(connection)).toBe(true);
    expect(lines.take(connection, step())).toBe('taken');
  });

  it('do not wait for those of another connection', () => {
    const lines = new RequestLines();
    const other = step();
    lines.take(connection, step());
    lines.take({}, other);
    expect(other.begun()).toBe(true);
  });

  it('end with one after whose answer the connection does not go on', async () => {
    const lines = new RequestLines();
    const [last, waiting] = [step(), step()];
    lines.take(connection, last);
    lines.take(connection, waiting);
    await last.ends(false);
    expect(waiting.begun()).toBe(false);
    expect(lines.take(connection, step())).toBe('ignored');
    lines.finish(connection, waiting);
    expect(waiting.begun()).toBe(false);
  });

  it('end when too many wait', async () => {
    const lines = new RequestLines();
    const steps = Array.from({ length: MAX_WAITING_REQUESTS + 2 }, () => step());
    const taken = steps.map((each) => lines.take(connection, each));
    expect(taken.slice(-3)).toEqual(['taken', 'last', 'ignored']);
    for (const each of steps) await each.ends(true);
    expect(steps.map((each) => each.begun())).toEqual(steps.map((_each, at) => at <= MAX_WAITING_REQUESTS));
  });

  it('are answered before a last word, which is said once', async () => {
    const lines = new RequestLines();
    const [first, word, again] = [step(), step(), step()];
    lines.take(connection, first);
    lines.finish(connection, word);
    lines.finish(connection, again);
    expect(word.begun()).toBe(false);
    await first.ends(true);
    await word.ends(true);
    expect([word.begun(), again.begun()]).toEqual([true, false]);
    expect(lines.take(connection, step())).toBe('ignored');
  });

  it('give way to the last word where the rest of them will never come', async () => {
    const lines = new RequestLines();
    const [first, broken, word] = [step(), step(false), step()];
    lines.take(connection, first);
    lines.take(connection, broken);
    expect(lines.breakPoint(connection)).toBe('in-waiting');
    lines.finish(connection, word);
    await first.ends(true);
    expect([broken.begun(), word.begun()]).toEqual([false, true]);
  });

  it('break between each other, within one, or behind an early answer', async () => {
    const lines = new RequestLines();
    const request = step(false);
    expect(lines.breakPoint(connection)).toBe('between');
    lines.take(connection, request);
    expect(lines.breakPoint(connection)).toBe('in-running');
    await request.ends(true);
    expect(lines.breakPoint(connection)).toBe('in-answered');
    request.arrived();
    expect(lines.breakPoint(connection)).toBe('between');
  });
});
