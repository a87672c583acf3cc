import {
  MAX_RECENT_CHARACTERS,
  MAX_RECENT_EVENTS,
  RecentEvents,
} from '../../../../control-plane/fleet/recent-events.js';

const entry = (seq: number, { epoch = 7, text = `event ${seq}` } = {}) => ({
  position: { epoch, seq },
  text,
});
const entries = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => entry(from + index));

describe('the events of late', () => {
  it('are those up to the position of the last, and no other', () => {
    const recent = new RecentEvents();
    recent.add(entries(5, 6));
    recent.add([entry(7, { epoch: 8 })]);
    expect(recent.upTo({ epoch: 8, seq: 7 }).map(({ text }) => text)).toEqual([
      'event 5',
      'event 6',
      'event 7',
    ]);
    for (const other of [
      { epoch: 7, seq: 7 },
      { epoch: 8, seq: 6 },
      { epoch: 8, seq: 8 },
    ]) {
      expect(recent.upTo(other)).toEqual([]);
    }
  });

  it.each([
    ['leaves some out', 12],
    ['goes back', 9],
  ])('begin anew where what comes %s', (_, seq) => {
    const recent = new RecentEvents();
    recent.add(entries(5, 10));
    recent.add([entry(seq)]);
    expect(recent.upTo({ epoch: 7, seq })).toEqual([entry(seq)]);
  });

  it('are none in another history', () => {
    const recent = new RecentEvents();
    recent.add(entries(5, 10));
    recent.clear();
    expect(recent.upTo({ epoch: 7, seq: 10 })).toEqual([]);
    recent.add([entry(11)]);
    expect(recent.upTo({ epoch: 7, seq: 11 })).toEqual([entry(11)]);
  });

  it('are not more than their limit', () => {
    const recent = new RecentEvents();
    recent.add(entries(1, MAX_RECENT_EVENTS + 10));
    const kept = recent.upTo({ epoch: 7, seq: MAX_RECENT_EVENTS + 10 });
    expect(kept[0]).toEqual(entry(11));
    expect(kept).toHaveLength(MAX_RECENT_EVENTS);
  });

  it('are not longer than their limit, and none at all where one alone is', () => {
    const recent = new RecentEvents();
    const long = 'x'.repeat(MAX_RECENT_CHARACTERS / 2);
    recent.add([1, 2, 3].map((seq) => entry(seq, { text: long })));
    expect(recent.upTo({ epoch: 7, seq: 3 })).toHaveLength(2);
    recent.add([entry(4, { text: `${long}${long}x` })]);
    expect(recent.upTo({ epoch: 7, seq: 4 })).toEqual([]);
    recent.add(entries(5, 6));
    expect(recent.upTo({ epoch: 7, seq: 6 })).toEqual(entries(5, 6));
  });
});
