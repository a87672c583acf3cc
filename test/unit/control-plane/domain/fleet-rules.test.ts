import type { TidegateEvent } from '../../../../control-plane/domain/events.js';
import { fleetOf } from '../../../../control-plane/domain/fleet-state.js';
import {
  INCIDENT_WINDOW_MS,
  MAX_INCIDENT_EVENTS,
  type WorkerIncident,
} from '../../../../control-plane/domain/worker-incident.js';
import { founded } from '../../../support/fleet-story.js';

const JOINED = { type: 'RecordHostJoined', host: 'two', incarnation: 'i', version: '1' } as const;

describe('what a leader says of hosts', () => {
  it('tells a process once, and nothing of a host that is not there', () => {
    const { leader } = founded();
    expect(leader(JOINED)).toHaveLength(1);
    expect(leader(JOINED)).toHaveLength(0);
    expect(leader({ type: 'RecordHostLeft', host: 'two', reason: 'silent' })).toHaveLength(1);
    expect(leader({ type: 'RecordHostLeft', host: 'two', reason: 'silent' })).toHaveLength(0);
  });
});

function died(number: number): WorkerIncident {
  return { kind: 'exited', number, at: number * 10, n: number, pid: 100 + number, reason: 'signal SIGKILL' };
}

function deaths(from: number, to: number): readonly WorkerIncident[] {
  return Array.from({ length: to - from + 1 }, (_, index) => died(from + index));
}

/** The leader of a fleet with host `two`, who tells it of its workers. */
function withHost() {
  const { leader } = founded();
  leader(JOINED);
  const tell = (incidents: readonly WorkerIncident[], incarnation = 'i', at?: number) =>
    leader({ type: 'RecordIncidents', host: 'two', incarnation, incidents }, at);
  return { leader, tell };
}

/** The number of each incident, and `untold × count` for those that are only counted. */
function numbers(events: readonly TidegateEvent[]): readonly (number | string)[] {
  return events.map((event) => {
    if (event.type === 'HostIncidentsUntold') return `untold × ${event.data.count}`;
    if (event.type === 'HostWorkerExited' || event.type === 'HostWorkerReady') return event.data.number;
    return event.type;
  });
}

/** Which incidents are the last that is told for a time, and until when. */
function silences(events: readonly TidegateEvent[]): readonly (readonly number[])[] {
  return events.flatMap((event) =>
    event.type === 'HostWorkerExited' && event.data.silentUntil !== undefined
      ? [[event.data.number, event.data.silentUntil]]
      : [],
  );
}

describe('what a leader says of the workers of a host', () => {
  it('is who died of what, and who forwards in its place', () => {
    const { tell } = withHost();
    const [exit, next] = tell([died(1), { kind: 'ready', number: 2, at: 30, n: 7, pid: 107 }]);
    expect(exit).toMatchObject({
      type: 'HostWorkerExited',
      data: { host: 'two', n: 1, pid: 101, reason: 'signal SIGKILL', happenedAt: 10, number: 1 },
    });
    expect(next).toMatchObject({
      type: 'HostWorkerReady',
      data: { host: 'two', n: 7, pid: 107, happenedAt: 30, number: 2 },
    });
  });

  it('is told once, however often the host tells it', () => {
    const { tell } = withHost();
    expect(numbers(tell([died(1), died(2)]))).toEqual([1, 2]);
    expect(numbers(tell([died(1), died(2)]))).toEqual([]);
    expect(numbers(tell([died(2), died(1), died(3)]))).toEqual([3]);
  });

  it('is counted where the host tells it no more', () => {
    const { tell } = withHost();
    expect(numbers(tell([died(4), died(6)]))).toEqual(['untold × 3', 4, 'untold × 1', 6]);
    expect(numbers(tell([died(4), died(5), died(6)]))).toEqual([]);
  });

  it('is bounded in a time, after which the rest is told or counted', () => {
    const { tell } = withHost();
    const first = tell(deaths(1, 16));
    expect(first).toHaveLength(MAX_INCIDENT_EVENTS);
    expect(silences(first)).toEqual([[16, 5 + INCIDENT_WINDOW_MS]]);
    expect(tell(deaths(15, 30))).toHaveLength(0);
    const later = tell(deaths(25, 40), 'i', 5 + INCIDENT_WINDOW_MS);
    expect(silences(later)).toEqual([[39, 5 + 2 * INCIDENT_WINDOW_MS]]);
    expect(numbers(later)).toEqual(['untold × 8', ...deaths(25, 39).map(({ number }) => number)]);
    expect(numbers(tell(deaths(25, 40), 'i', 5 + 2 * INCIDENT_WINDOW_MS))).toEqual([40]);
  });

  it('is nothing of a process that is not the one of the host', () => {
    const { tell, leader } = withHost();
    expect(tell([died(1)], 'another')).toEqual([]);
    leader({ ...JOINED, incarnation: 'next' });
    expect(numbers(tell([died(1)], 'next'))).toEqual([1]);
  });

  it('is not told again of a host that was only silent', () => {
    const { tell, leader } = withHost();
    tell([died(1)]);
    leader({ type: 'RecordHostLeft', host: 'two', reason: 'silent' });
    expect(tell([died(1), died(2)])).toEqual([]);
    leader(JOINED);
    expect(numbers(tell([died(1), died(2)]))).toEqual([2]);
  });

  it('is known to those who follow, with the same window, whenever they hear of it', () => {
    const { host, leader } = founded();
    const told = { host: 'two', incarnation: 'i', incidents: [died(1)] };
    const events = [...leader(JOINED), ...leader({ type: 'RecordIncidents', ...told })];
    host.at += 60_000;
    host.when({ type: 'FollowFleet', events });
    expect(fleetOf(host.world.state).standing.incidents).toEqual([
      { host: 'two', incarnation: 'i', number: 1, from: 5, events: 1 },
    ]);
  });
});
