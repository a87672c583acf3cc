import { NO_CONTACT, type Contact } from '../../../../control-plane/fleet/contact.js';
import { fleetMode } from '../../../../control-plane/fleet/fleet-mode.js';
import { FLEET_TIMES } from '../../../../control-plane/fleet/fleet-times.js';

const NOW = 100_000;
const led: Contact['lease'] = { id: 'a.1', host: 'a', endsAt: NOW + 1 };

function mode(contact: Partial<Contact>): string {
  const found = fleetMode({ ...NO_CONTACT, ...contact }, NOW, FLEET_TIMES);
  return found.kind === 'following' ? 'following' : found.why;
}

describe('mode of a host', () => {
  it.each([
    ['it never had an answer', {}, 'no-answer'],
    ['all is well', { answeredAt: NOW - 1, followedAt: NOW - 1, lease: led }, 'following'],
    ['beats are not answered for a while', { answeredAt: NOW - 4_999, followedAt: NOW - 4_999 }, 'following'],
    ['beats are not answered', { answeredAt: NOW - 5_000, followedAt: NOW - 5_000 }, 'no-answer'],
    ['it never was taken', { refusal: 'full' }, 'refused'],
    [
      'it is not taken any more',
      { refusal: 'full', answeredAt: NOW - 5_000, followedAt: NOW - 5_000 },
      'refused',
    ],
    ['the leader changes', { answeredAt: NOW, followedAt: NOW - 9_999 }, 'following'],
    ['nobody leads', { answeredAt: NOW, followedAt: NOW - 10_000 }, 'no-leader'],
    [
      'nobody leads any more',
      { answeredAt: NOW, followedAt: null, lease: { ...led, endsAt: NOW } },
      'no-leader',
    ],
    ['it does not catch up', { answeredAt: NOW, followedAt: NOW - 10_000, lease: led }, 'behind'],
    ['it never followed', { answeredAt: NOW, followedAt: null, lease: led }, 'behind'],
  ] as const)('when %s', (_, contact, expected) => {
    expect(mode(contact)).toBe(expected);
  });
});
