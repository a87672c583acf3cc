import {
  MAX_EVENTS_BEHIND,
  placeOf,
  planAdoption,
  planFollow,
  type EntriesRead,
  type Followed,
} from '../../../../control-plane/fleet/follow-plan.js';
import type {
  FleetPosition,
  Head,
  LogEntry,
  StoredSnapshot,
} from '../../../../control-plane/fleet/fleet-store.js';

/** `100-7` is event 100 in term 7. */
function at(text: string): FleetPosition {
  const [seq = NaN, epoch = NaN] = text.split('-').map(Number);
  return { epoch, seq };
}

const terms = [
  { epoch: 3, first: 1 },
  { epoch: 5, first: 41 },
  { epoch: 7, first: 91 },
];

function standing(text: string): Followed {
  const position = at(text);
  return { ...position, terms: terms.filter(({ first }) => first <= position.seq) };
}

function head(text: string, more: Partial<Head> = {}): Head {
  return {
    ...at(text),
    command: 1,
    first: 1,
    base: { epoch: 0, seq: 0 },
    snapshot: 0,
    level: 1,
    ...more,
  };
}

function read(texts: string, isEnd = true): EntriesRead {
  const entries = texts.split(' ').filter(Boolean);
  return { entries: entries.map((text): LogEntry => ({ position: at(text), text })), isEnd };
}

function said(plan: { kind: string; entries?: readonly LogEntry[]; from?: number }): string {
  const entries = plan.entries?.map(({ text }) => text) ?? [];
  return [plan.kind, ...entries, ...(plan.from === undefined ? [] : [plan.from])].join(' ');
}

describe('the place of a host', () => {
  it.each([
    [null, null, 'nowhere'],
    [null, '1-3', 'apart'],
    ['100-7', null, 'ahead'],
    ['100-7', '100-7', 'at-head'],
    ['100-7', '101-7', 'behind'],
    ['100-7', '101-9', 'behind'],
    ['100-7', '99-7', 'ahead'],
    ['100-7', '90-5', 'ahead'],
    ['100-7', '90-7', 'apart'],
    ['100-7', '91-5', 'apart'],
    ['100-7', '100-5', 'apart'],
    ['100-7', '95-9', 'apart'],
    ['100-7', '1-3', 'ahead'],
  ] as const)('at %s, when the log ends at %s: %s', (own, end, place) => {
    expect(placeOf(own === null ? null : standing(own), end === null ? null : at(end))).toBe(place);
  });

  it('is apart when the log ends in a term that is forgotten', () => {
    const own = { ...standing('100-7'), terms: terms.slice(1) };
    expect(placeOf(own, at('40-3'))).toBe('apart');
    expect(placeOf(own, at('41-5'))).toBe('ahead');
  });
});

describe('following', () => {
  const plan = (own: string | null, end: Head | null, entries: EntriesRead | null = null): string =>
    said(planFollow({ own: own === null ? null : standing(own), head: end, read: entries }));

  it.each([
    ['nothing', null, null, 'up-to-date'],
    ['the end of the log', '100-7', '100-7', 'up-to-date'],
    ['more than the log', '100-7', '98-7', 'ahead'],
    ['a log that is gone', '100-7', null, 'ahead'],
    ['nothing of a log', null, '3-3', 'adopt'],
    ['another history', '100-7', '98-6', 'adopt'],
    ['less than the log', '100-7', '102-7', 'read 100'],
  ] as const)('a host that knows %s', (_, own, end, expected) => {
    expect(plan(own, end === null ? null : head(end))).toBe(expected);
  });

  it.each([
    ['its own entry and all the others', '100-7 101-7 102-7', 'follow 101-7 102-7'],
    ['events of a new term', '100-7 101-9 102-7', 'follow 101-9 102-7'],
    ['events that came later', '100-7 101-7 102-7 103-7', 'follow 101-7 102-7'],
    ['an entry of another history in the place of its own', '100-6 101-7 102-7', 'adopt'],
    ['no entry of its own', '101-7 102-7', 'adopt'],
    ['a gap', '100-7 102-7', 'adopt'],
    ['another end', '100-7 101-7 102-6', 'adopt'],
    ['an end before the end', '100-7 101-7', 'adopt'],
    ['nothing', '', 'adopt'],
  ])('a host that reads %s', (_, entries, expected) => {
    expect(plan('100-7', head('102-7'), read(entries))).toBe(expected);
  });

  it('shows nothing before the end of the log, because a batch may be cut by a page', () => {
    expect(plan('100-7', head('103-7'), read('100-7 101-7', false))).toBe('read 102');
    expect(plan('100-7', head('103-7'), read('100-7 101-7 102-7 103-7'))).toBe('follow 101-7 102-7 103-7');
  });

  it('goes on from where a restored history began, though that entry is not in the log', () => {
    const restored = head('102-9', { base: at('100-7'), first: 101 });
    expect(plan('100-7', restored, read('101-9 102-9'))).toBe('follow 101-9 102-9');
    expect(plan('100-5', restored, read('101-9 102-9'))).toBe('adopt');
    expect(plan('99-7', restored)).toBe('adopt');
  });

  it('reads nothing when the log begins later', () => {
    expect(plan('100-7', head('202-7', { first: 150, snapshot: 190 }))).toBe('adopt');
  });

  it('adopts the snapshot when the host is far behind it', () => {
    const end = `${100 + MAX_EVENTS_BEHIND + 5}-7`;
    expect(plan('100-7', head(end, { snapshot: 100 + MAX_EVENTS_BEHIND }))).toBe('read 100');
    expect(plan('100-7', head(end, { snapshot: 101 + MAX_EVENTS_BEHIND }))).toBe('adopt');
  });
});

describe('adopting', () => {
  const snapshot: StoredSnapshot = { position: at('100-7'), level: 1, sha256: '', body: '' };
  const plan = (own: string | null, end: Head | null, entries: EntriesRead | null = null): string =>
    said(planAdoption({ own: own === null ? null : standing(own), snapshot, read: entries, head: end }));

  it.each([
    ['a snapshot at the end of the log', null, '100-7', null, 'adopt'],
    ['a snapshot, and reads what follows', null, '102-7', null, 'read 100'],
    ['a snapshot and what follows', null, '102-7', '100-7 101-7 102-7', 'adopt 101-7 102-7'],
    ['in the place of another history', '100-7', '100-5', null, 'look-again'],
    ['nothing when the snapshot is of another history', null, '102-7', '100-5 101-7 102-7', 'look-again'],
    ['nothing when events are missing', null, '103-7', '100-7 101-7', 'look-again'],
    ['nothing when the log ends before the snapshot', null, '99-7', null, 'look-again'],
    ['nothing when the log ends in its own past by now', '100-7', '98-7', null, 'look-again'],
    ['nothing when it stands at the end by now', '100-7', '100-7', null, 'look-again'],
  ] as const)('takes %s', (_, own, end, entries, expected) => {
    expect(plan(own, head(end), entries === null ? null : read(entries))).toBe(expected);
  });

  it('takes nothing of a log that is gone', () => {
    expect(plan(null, null)).toBe('look-again');
    const nothing = planAdoption({ own: null, snapshot: null, read: null, head: head('3-3') });
    expect(said(nothing)).toBe('look-again');
  });

  it('goes on from the snapshot that a history was restored with', () => {
    expect(plan('97-5', head('101-9', { base: at('100-7'), first: 101 }), read('101-9'))).toBe('adopt 101-9');
  });

  it('reads on when a page was full', () => {
    expect(plan(null, head('103-7'), read('100-7 101-7', false))).toBe('read 102');
  });
});
