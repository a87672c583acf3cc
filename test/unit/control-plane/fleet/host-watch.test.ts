import { FLEET_TIMES } from '../../../../control-plane/fleet/fleet-times.js';
import { hostNews, type SeenHost, seenHosts } from '../../../../control-plane/fleet/host-watch.js';
import { MAX_REPORT_LENGTH, reportText } from '../../../../control-plane/fleet/host-report.js';
import { hostReport, seenHost } from '../../../support/fleet/host-views.js';

const OPTIONS = { times: FLEET_TIMES, self: 'a' };
const MEMBERS = ['a', 'b'].map((host) => ({ host, incarnation: `${host}-1`, version: '0.1.0' }));
const DEATH = { kind: 'exited', number: 1, at: 5, n: 2, pid: 9, reason: 'signal SIGKILL' } as const;

function typesOf(seen: readonly SeenHost[], known = MEMBERS): readonly string[] {
  return hostNews(seen, known, OPTIONS).commands.map(({ type }) => type);
}

/** A host of a build that does not know events about workers of hosts. */
function olderHost(host: string, heardAgoMs: number): SeenHost {
  const { incidents: _incidents, ...report } = hostReport();
  return { host, incarnation: `${host}-1`, heardAgoMs, report };
}

describe('a leader that reads the reports of hosts', () => {
  it('takes no host whose name or process no host has, and no report that is too long', () => {
    const entry = { host: 'a', incarnation: 'a-1', heardAt: 0, beat: reportText(hostReport()), cold: '' };
    const long = 'x'.repeat(256);
    const entries = [
      entry,
      { ...entry, host: long },
      { ...entry, incarnation: long },
      { ...entry, host: '' },
      { ...entry, host: 'b', beat: `"${'x'.repeat(MAX_REPORT_LENGTH)}"` },
    ];
    const seen = seenHosts(entries, 0).map(({ host, report }) => [host, report !== null]);
    expect(seen).toEqual([
      ['a', true],
      ['b', false],
    ]);
  });

  it('tells of those that came, left and fell silent', () => {
    expect(typesOf([seenHost('a'), seenHost('b')])).toEqual([]);
    expect(typesOf([seenHost('a'), seenHost('b')], MEMBERS.slice(0, 1))).toEqual(['RecordHostJoined']);
    const silent = seenHost('b', {}, FLEET_TIMES.forgetHostMs);
    expect(hostNews([seenHost('a'), silent], MEMBERS, OPTIONS)).toMatchObject({
      commands: [{ type: 'RecordHostLeft', host: 'b', reason: 'silent' }],
      silent: [silent],
    });
    expect(hostNews([seenHost('a')], MEMBERS, OPTIONS).commands).toMatchObject([{ reason: 'left' }]);
  });

  it('tells what happened to the workers of each, of one that has just come after that', () => {
    const seen = [seenHost('a'), seenHost('b', { incidents: [DEATH] })];
    expect(hostNews(seen, MEMBERS, OPTIONS).commands).toEqual([
      {
        type: 'RecordIncidents',
        host: 'b',
        incarnation: 'b-1',
        incidents: [DEATH],
        actor: { kind: 'primary', name: 'a' },
      },
    ]);
    expect(typesOf(seen, MEMBERS.slice(0, 1))).toEqual(['RecordHostJoined', 'RecordIncidents']);
  });

  it('tells nothing of workers while a host is there that could not read it', () => {
    const told = seenHost('a', { incidents: [DEATH] });
    expect(typesOf([told, olderHost('b', 0)])).toEqual([]);
    expect(typesOf([told, { ...seenHost('b'), report: null }])).toEqual([]);
    expect(typesOf([told, olderHost('b', FLEET_TIMES.forgetHostMs)])).toContain('RecordIncidents');
  });
});
