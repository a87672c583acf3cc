import {
  contactAfterBeat,
  contactAtPlace,
  isLeaseLive,
  NO_CONTACT,
  type BeatAnswer,
  type Contact,
} from '../../../../control-plane/fleet/contact.js';
import { FLEET_TIMES } from '../../../../control-plane/fleet/fleet-times.js';
import type { Head } from '../../../../control-plane/fleet/fleet-store.js';

const head: Head = {
  epoch: 7,
  seq: 100,
  command: 3,
  first: 1,
  base: { epoch: 0, seq: 0 },
  snapshot: 90,
  level: 1,
};
const lease = { id: 'a.1', host: 'a', epoch: 7, leftMs: 4_000 };

function after(contact: Contact, ...beats: readonly (Partial<BeatAnswer> | 'full' | null)[]): Contact {
  return beats.reduce<Contact>((before, beat) => {
    if (beat === null || typeof beat === 'string') return contactAfterBeat(before, beat, FLEET_TIMES);
    const { number: previous } = before;
    const { now = 0 } = beat;
    const usual = { now, number: previous + 1, previous, connection: 1, time: 1_000_000 + now, lease, head };
    return contactAfterBeat(before, { ...usual, ...beat }, FLEET_TIMES);
  }, contact);
}

describe('contact with the store', () => {
  it('lasts from the first answered beat', () => {
    expect(after(NO_CONTACT, { now: 10 }, { now: 20 })).toMatchObject({ since: 10, answeredAt: 20 });
  });

  it('ends with a beat that is not answered, and begins anew', () => {
    expect(after(NO_CONTACT, { now: 10 }, null)).toMatchObject({ since: null, answeredAt: 10 });
    expect(after(NO_CONTACT, { now: 10 }, null, { now: 30 })).toMatchObject({ since: 30 });
  });

  it('ends with a beat that is refused, until one is taken or none is answered', () => {
    expect(after(NO_CONTACT, { now: 10 }, 'full')).toMatchObject({ since: null, refusal: 'full' });
    expect(after(NO_CONTACT, { now: 10 }, 'full', null)).toMatchObject({ refusal: null });
    expect(after(NO_CONTACT, 'full', { now: 30 })).toMatchObject({ since: 30, refusal: null });
  });

  it.each<[string, Partial<BeatAnswer>, boolean]>([
    ['all as it was', {}, true],
    ['a longer log', { head: { ...head, seq: 101 } }, true],
    ['a longer log of another term', { head: { ...head, seq: 101, epoch: 9 } }, true],
    ['a shorter log', { head: { ...head, seq: 99 } }, false],
    ['another log', { head: { ...head, epoch: 9 } }, false],
    ['no log', { head: null }, false],
    ['another connection', { connection: 2 }, false],
    ['an older beat of its own', { previous: 0 }, false],
    ['a clock that is a second ahead', { time: 1_000_020 + 1_000 }, true],
    ['a clock that is further ahead', { time: 1_000_020 + 1_001 }, false],
    ['a clock that went back', { time: 1_000_020 - 1_001 }, false],
  ])('that shows %s goes on: %s', (_, shown, goesOn) => {
    const before = after(NO_CONTACT, { now: 10 });
    expect(after(before, { now: 20, ...shown }).since).toBe(goesOn ? 10 : 20);
  });

  it('goes on while there is no log yet', () => {
    expect(after(NO_CONTACT, { now: 10, head: null }, { now: 20, head: null }, { now: 30 }).since).toBe(10);
  });

  it('tells since when the lease may be had', () => {
    const over = { ...lease, leftMs: 0 };
    const free = after(NO_CONTACT, { now: 10 }, { now: 20, lease: over }, { now: 30, lease: null });
    expect(free).toMatchObject({ leaseFreeSince: 20, lease: null });
    expect(after(free, { now: 40 })).toMatchObject({
      leaseFreeSince: null,
      lease: { id: 'a.1', endsAt: 4_040 },
    });
  });

  it.each([
    [-1, false],
    [0, false],
    [1, true],
    [FLEET_TIMES.leaseMs, true],
    [FLEET_TIMES.leaseMs + 1, false],
  ])('takes a lease with %d ms left for live: %s', (leftMs, live) => {
    expect(isLeaseLive(leftMs, FLEET_TIMES)).toBe(live);
  });
});

describe('a host that compares itself with the end of the log', () => {
  const seen = after(NO_CONTACT, { now: 10 });

  it.each([
    ['at-head', 50],
    ['ahead', 50],
    ['behind', null],
    ['apart', null],
    ['nowhere', null],
  ] as const)('has followed if it is %s: %s', (place, followedAt) => {
    expect(contactAtPlace(seen, 50, place).followedAt).toBe(followedAt);
  });

  it('has followed nobody if the lease is over by then', () => {
    expect(contactAtPlace(seen, 4_010, 'at-head').followedAt).toBeNull();
    expect(contactAtPlace(after(seen, { now: 20, lease: null }), 30, 'at-head').followedAt).toBeNull();
  });
});
