import { NO_CONTACT, type Contact } from '../../../../control-plane/fleet/contact.js';
import { candidacy, type CandidacyOptions, type Rival } from '../../../../control-plane/fleet/candidacy.js';
import { FLEET_TIMES } from '../../../../control-plane/fleet/fleet-times.js';

const NOW = 1_000_000;
const contact: Contact = { ...NO_CONTACT, connection: 1, since: 0, answeredAt: NOW, leaseFreeSince: NOW };
const held = { id: 'b.1', host: 'b', endsAt: NOW + 700 };
const ahead: Rival = { host: 'b', heardAgoMs: 900, isCandidate: true, ahead: { at: 500, seq: 100 } };

function decide(options: Partial<CandidacyOptions>): string {
  const found = candidacy(
    {
      now: NOW,
      id: 'a.1',
      contact,
      canRead: true,
      last: { at: 500, seq: 99 },
      askedAt: null,
      brokenAt: null,
      rivals: [],
      ...options,
    },
    FLEET_TIMES,
  );
  return found.kind === 'wait' ? `${found.why} ${found.until - NOW}` : found.kind;
}

describe('a candidate', () => {
  it('stands when the lease is free and nobody knows more', () => {
    expect(decide({})).toBe('stand');
  });

  it('first looks who else is there', () => {
    expect(decide({ rivals: null })).toBe('look-around');
  });

  it.each([
    ['without contact', { contact: { ...contact, since: null } }, 'no-contact 0'],
    ['that cannot read the log', { canRead: false }, 'unreadable 0'],
    ['that could not append', { brokenAt: NOW - 9_000 }, 'broken 1000'],
    ['while another leads', { contact: { ...contact, lease: held } }, 'held 700'],
    ['that has just asked', { askedAt: NOW - 400 }, 'asked 600'],
    ['that has just come into contact', { contact: { ...contact, since: NOW - 1_400 } }, 'too-early 100'],
    ['beside one that knows more', { rivals: [ahead] }, 'rival 10000'],
  ] as const)('waits %s', (_, options, expected) => {
    expect(decide(options)).toBe(expected);
  });

  it.each([
    ['its broken term is long over', { brokenAt: NOW - 10_000 }],
    ['the lease of another is over', { contact: { ...contact, lease: { ...held, endsAt: NOW } } }],
    ['the lease is its own', { contact: { ...contact, lease: { ...held, id: 'a.1' } } }],
    ['it asked a second ago', { askedAt: NOW - 1_000 }],
    ['it stood back long enough', { contact: { ...contact, leaseFreeSince: NOW - 10_000 }, rivals: [ahead] }],
  ] as const)('stands when %s', (_, options) => {
    expect(decide(options)).toBe('stand');
  });

  it.each<[string, Partial<Rival>, string]>([
    ['is ahead with a later event', { ahead: { at: 501, seq: 1 } }, 'rival 10000'],
    ['is ahead with an event of the same time and a higher number', {}, 'rival 10000'],
    ['is ahead with the same last event', { ahead: { at: 500, seq: 99 } }, 'stand'],
    ['is ahead with an earlier event', { ahead: { at: 499, seq: 200 } }, 'stand'],
    ['is not ahead', { ahead: null }, 'stand'],
    ['is no candidate', { isCandidate: false }, 'stand'],
    ['was not heard of for long', { heardAgoMs: 5_000 }, 'stand'],
    ['has a beat from before the clock went back', { heardAgoMs: -1_000 }, 'stand'],
    ['has a beat of this very moment', { heardAgoMs: -999 }, 'rival 10000'],
  ])('weighs a rival that %s', (_, rival, expected) => {
    expect(decide({ rivals: [{ ...ahead, ...rival }] })).toBe(expected);
  });

  it('that knows nothing stands back for anyone who knows something', () => {
    expect(decide({ last: null, rivals: [{ ...ahead, ahead: { at: 0, seq: 1 } }] })).toBe('rival 10000');
  });
});
