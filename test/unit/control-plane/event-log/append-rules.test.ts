import {
  checkAppend,
  checkBase,
  retentionBase,
  segmentsToForget,
} from '../../../../control-plane/event-log/append-rules.js';
import type { TidegateEvent } from '../../../../control-plane/domain/events.js';
import { eventsLost, weightChanged, weightChanges } from '../../../support/sample-events.js';

describe('appending', () => {
  it('takes what follows the end', () => {
    expect(() => checkAppend(4, 4, weightChanges(5, 2))).not.toThrow();
    expect(() => checkAppend(4, 4, [])).not.toThrow();
  });

  it('is a conflict when the end is elsewhere, whatever is appended', () => {
    for (const expected of [3, 5]) {
      expect(() => checkAppend(4, expected, [])).toThrow(expect.objectContaining({ kind: 'conflict' }));
    }
  });

  it.each([[[6]], [[4]], [[5, 5]], [[5, 7]]])(
    'is a bug of the caller when events do not follow: %j',
    (seqs) => {
      const events = seqs.map((seq) => weightChanged(seq));
      expect(() => checkAppend(4, 4, events)).toThrow('assertion failed');
    },
  );

  it('takes events after a gap that the first of them tells of, with the state that leads over it', () => {
    const base = { seq: 9 };
    const told = eventsLost(10, { first: 5, last: 9 });
    const taken = (events: readonly TidegateEvent[], over: typeof base | undefined) => (): void => {
      checkAppend(4, 4, events);
      checkBase(4, events, over);
    };
    expect(taken([told, weightChanged(11)], base)).not.toThrow();
    expect(taken([weightChanged(5)], undefined)).not.toThrow();
    expect(taken([told], undefined)).toThrow('no state leads');
    expect(taken([], base)).toThrow('nothing tells');
    expect(taken([weightChanged(5)], base)).toThrow('nothing tells');
    for (const events of [
      [weightChanged(10)],
      [eventsLost(10, { first: 6, last: 9 })],
      [eventsLost(10, { first: 5, last: 8 })],
      [told, weightChanged(12)],
    ]) {
      expect(taken(events, base)).toThrow('does not follow');
    }
  });
});

describe('forgetting segments', () => {
  const segments = [10, 20, 30].map((at, index) => ({ id: index + 1, at, seq: at, bytes: 100 }));
  const cases: readonly [string, { before: number; bytes: number }, number][] = [
    ['keeps all that are young and small enough', { before: 0, bytes: 300 }, 0],
    ['forgets one whose successor began before', { before: 21, bytes: 300 }, 1],
    ['keeps one whose successor began just then', { before: 20, bytes: 300 }, 0],
    ['forgets all but the newest, however late it is', { before: 1_000, bytes: 300 }, 2],
    ['counts sizes from the newest', { before: 0, bytes: 200 }, 1],
    ['forgets one that exceeds by a byte', { before: 0, bytes: 199 }, 2],
    ['keeps the newest, however large it is', { before: 0, bytes: 0 }, 2],
  ];
  it.each(cases)('%s', (_name, limits, forgotten) => {
    expect(segmentsToForget(segments, limits)).toBe(forgotten);
  });

  it('has nothing to do without segments', () => {
    expect(segmentsToForget([], { before: 1_000, bytes: 0 })).toBe(0);
  });
});

describe('forgetting events', () => {
  const cases: readonly [string, [number[], number, number, number | undefined], number][] = [
    ['goes up to the newest checkpoint', [[5, 10], 20, 0, undefined], 10],
    ['stops before the events to keep', [[5, 10], 20, 11, undefined], 5],
    ['keeps just as many as asked', [[5, 10], 20, 10, undefined], 10],
    ['stops before the journal that is left', [[5, 10], 20, 0, 9], 5],
    ['does nothing without a checkpoint', [[], 20, 0, undefined], 0],
    ['does nothing without a checkpoint early enough', [[15], 20, 10, undefined], 0],
    ['does nothing when all is to be kept', [[5], 20, Infinity, undefined], 0],
  ];
  it.each(cases)('%s', (_name, args, base) => {
    expect(retentionBase(...args)).toBe(base);
  });
});
