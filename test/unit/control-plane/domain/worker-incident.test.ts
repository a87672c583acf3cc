import {
  mayRecord,
  INCIDENT_WINDOW_MS,
  lastRecorded,
  MAX_INCIDENT_EVENTS,
  type RecordedIncidents,
  withRecorded,
} from '../../../../control-plane/domain/worker-incident.js';

const EVERYBODY = (): boolean => true;
const AT = 1_000;

function told(
  all: readonly RecordedIncidents[],
  number: number,
  over: { host?: string; incarnation?: string; at?: number } = {},
): readonly RecordedIncidents[] {
  return withRecorded(all, { host: 'b', incarnation: 'i', at: AT, ...over, number }, EVERYBODY);
}

describe('what the log of a fleet has of the workers of hosts', () => {
  it('is the last incident of each process', () => {
    const all = told(told(told([], 1), 2), 7, { host: 'c', incarnation: 'k' });
    expect([lastRecorded(all, 'i'), lastRecorded(all, 'k'), lastRecorded(all, 'other')]).toEqual([2, 7, 0]);
    expect(lastRecorded(told(all, 1, { incarnation: 'next' }), 'i')).toBe(0);
  });

  it('has room for so many events of a host in a window, whatever processes it has', () => {
    let all: readonly RecordedIncidents[] = [];
    for (let n = 1; n <= MAX_INCIDENT_EVENTS; n += 1) {
      expect(mayRecord(all, 'b', AT)).toBe(true);
      all = told(all, n, { incarnation: `${n % 2}` });
    }
    expect(mayRecord(all, 'b', AT + INCIDENT_WINDOW_MS - 1)).toBe(false);
    expect(mayRecord(all, 'c', AT)).toBe(true);
    expect(mayRecord(all, 'b', AT + INCIDENT_WINDOW_MS)).toBe(true);
    const next = told(all, 99, { at: AT + INCIDENT_WINDOW_MS });
    expect(next).toEqual([
      { host: 'b', incarnation: 'i', number: 99, from: AT + INCIDENT_WINDOW_MS, events: 1 },
    ]);
  });

  it('forgets hosts that left first when there are too many, and none that is there', () => {
    let all = told([], 5, { host: 'stays', incarnation: 'stays' });
    const isMember = (host: string): boolean => host === 'stays';
    for (let n = 1; n <= 300; n += 1) {
      const gone = { host: `gone-${n}`, incarnation: `gone-${n}`, number: 1, at: AT };
      all = withRecorded(all, gone, isMember);
    }
    expect(all).toHaveLength(1 + 256 + 1);
    expect(lastRecorded(all, 'stays')).toBe(5);
    expect([lastRecorded(all, 'gone-43'), lastRecorded(all, 'gone-44')]).toEqual([0, 1]);
  });
});
