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
  inbox: '0-0',
  level: 1,
};
const lease = { id: 'a.1', host: 'a', epoch: 7, leftMs: 4_000 };

function after(contact: Contact, ...beats: readonly (Partial<BeatAnswer> | null)[]): Contact {
  return beats.reduce<Contact>((now, beat) => {
    const answer = beat === null ? null : { now: 0, connection: 1, lease, head, ...beat };
    return contactAfterBeat(now, answer, FLEET_TIMES);
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

  it('begins anew with another connection, because that may lead to another server', () => {
    expect(after(NO_CONTACT, { now: 10 }, { now: 20, connection: 2 })).toMatchObject({ since: 20 });
  });

  it('tells since when there is no log', () => {
    const missing = after(NO_CONTACT, { now: 10 }, { now: 20, head: null }, { now: 30, head: null });
    expect(missing.headMissingSince).toBe(20);
    expect(after(missing, { now: 40 }).headMissingSince).toBeNull();
    expect(after(missing, { now: 40, head: null, connection: 2 }).headMissingSince).toBe(40);
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
