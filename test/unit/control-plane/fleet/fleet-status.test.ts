import { initialState } from '../../../../control-plane/domain/state.js';
import { NO_CONTACT } from '../../../../control-plane/fleet/contact.js';
import { fleetStatus, ownReport } from '../../../../control-plane/fleet/fleet-status.js';
import { founded } from '../../../support/fleet-story.js';

const NOW = 50_000;
const KNOWN = {
  mode: { kind: 'following' },
  state: initialState(),
  problem: null,
  host: 'lb-1',
  stored: null,
  contact: NO_CONTACT,
  head: null,
  clockAheadMs: null,
  now: NOW,
} as const;
const lease = { id: 'b.1', host: 'lb-2', endsAt: NOW + 1 };

describe('the state of a fleet', () => {
  it('has a leader as long as the lease that was seen last', () => {
    expect(fleetStatus({ ...KNOWN, contact: { ...NO_CONTACT, lease } }).leader).toBe('lb-2');
    const over = { ...lease, endsAt: NOW };
    expect(fleetStatus({ ...KNOWN, contact: { ...NO_CONTACT, lease: over } }).leader).toBe(null);
  });

  it('is told by the leader with what it has stored itself', () => {
    const stored = { epoch: 9, seq: 12 };
    const head = { epoch: 9, seq: 10 };
    expect(fleetStatus({ ...KNOWN, stored, head })).toMatchObject({
      leader: 'lb-1',
      leads: true,
      head: stored,
    });
  });

  it('says why a host goes on by itself, and how old its news are', () => {
    const mode = { kind: 'autonomous', why: 'no-leader' } as const;
    const contact = { ...NO_CONTACT, answeredAt: NOW - 70 };
    expect(fleetStatus({ ...KNOWN, mode, contact })).toMatchObject({
      why: 'the fleet has no leader',
      heardAgoMs: 70,
    });
    expect(fleetStatus(KNOWN)).toMatchObject({ why: null, heardAgoMs: null });
  });
});

const OWN = {
  ...KNOWN,
  version: '1',
  candidate: true,
  judges: true,
  wasAutonomous: null,
  incarnation: 'i',
  workers: () => [],
  incidents: () => [],
} as const;

it('a host reports where it stands, and what it knows more than the log only while it does', () => {
  const { state } = founded().host.world;
  const position = { epoch: state.fleet!.epoch, seq: state.fleet!.seq };
  const told = { ...OWN, state };
  expect(ownReport({ ...told, place: 'at-head' })).toMatchObject({ position, ahead: null, outTotal: 0 });
  expect(ownReport({ ...told, place: 'ahead' }).ahead).toEqual({ at: state.fleet!.at, seq: position.seq });
});

it('a host that judges no backends reports none that it does not use', () => {
  const { state } = founded().host.world;
  const report = ownReport({ ...OWN, judges: false, state, place: 'at-head' });
  expect([report.out, report.outTotal]).toEqual([undefined, undefined]);
});

it('a host reports what happened to its workers and is not in the log, the newest, by the clock of the fleet', () => {
  const { host, leader } = founded();
  const deaths = Array.from({ length: 20 }, (_, index) => {
    const number = index + 1;
    return { kind: 'exited', number, at: number, n: number, pid: 7, reason: 'signal SIGKILL' } as const;
  });
  const one = { host: 'two', incarnation: 'i' };
  const events = [
    ...leader({ type: 'RecordHostJoined', ...one, version: '1' }),
    ...leader({ type: 'RecordIncidents', ...one, incidents: deaths.slice(0, 5) }),
  ];
  const reported = (incidents: typeof deaths): readonly (readonly number[])[] => {
    const own = { ...OWN, state: host.world.state, place: 'at-head', clockAheadMs: 100.4 } as const;
    return (ownReport({ ...own, incidents: () => incidents }).incidents ?? []).map((told) => [
      told.number,
      told.at,
    ]);
  };
  const newest = Array.from({ length: 16 }, (_, index) => [index + 5, index + 105]);
  expect(reported(deaths)).toEqual(newest);
  host.when({ type: 'FollowFleet', events });
  expect(reported(deaths)).toEqual(newest.slice(1));
  expect(reported(deaths.slice(0, 5))).toEqual([]);
});
