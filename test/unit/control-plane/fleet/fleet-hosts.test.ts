import { countHosts } from '../../../../control-plane/fleet/fleet-hosts.js';
import { HEAD, hostViews, seenHost } from '../../../support/fleet/host-views.js';

const worker = (appliedSeq: number | null) => ({ n: 1, pid: 1, phase: 'ready', appliedSeq });

describe('the hosts of a fleet', () => {
  it('are those that were heard of and those that the log has, by name', () => {
    const views = hostViews([seenHost('lb-2'), seenHost('lb-1')], { members: ['lb-3', 'lb-1'] });
    expect(views.map(({ host, isSelf, leads, version }) => ({ host, isSelf, leads, version }))).toEqual([
      { host: 'lb-1', isSelf: true, leads: true, version: '0.1.0' },
      { host: 'lb-2', isSelf: false, leads: false, version: '0.1.0' },
      { host: 'lb-3', isSelf: false, leads: false, version: '0.1.0' },
    ]);
    expect(views[2]).toMatchObject({ heardAgoMs: null, isLive: false, isAtHead: false, report: null });
  });

  it.each([
    ['a moment ago', 300, true, 300],
    ['a little in the future, as clocks have it', -200, true, 0],
    ['too long ago', 5_000, false, 5_000],
    ['in the future, before the clock of Redis went back', -60_000, false, 0],
  ])('are alive by when they were heard of: %s', (_, heardAgo, isLive, heardAgoMs) => {
    expect(hostViews([seenHost('lb-1', {}, heardAgo)])[0]).toMatchObject({ isLive, heardAgoMs });
  });

  it.each([
    ['where the log ends', { position: HEAD }, true],
    ['beyond what is known of the log', { position: { epoch: 9, seq: 46 } }, true],
    ['behind', { position: { epoch: 9, seq: 44 } }, false],
    ['in another history', { position: { epoch: 8, seq: 45 } }, false],
    ['nowhere', { position: null }, false],
    [
      'ahead of a log that lost events',
      { position: { epoch: 9, seq: 50 }, ahead: { at: 1, seq: 50 } },
      false,
    ],
  ])('are at head or not: %s', (_, report, isAtHead) => {
    expect(hostViews([seenHost('lb-1', report)])[0]?.isAtHead).toBe(isAtHead);
  });

  it('are counted by how they are', () => {
    const counts = countHosts(
      hostViews([
        seenHost('lb-1'),
        seenHost('lb-2', { mode: 'autonomous' }),
        seenHost('lb-3', {}, 30_000),
        { ...seenHost('lb-4'), report: null },
      ]),
    );
    expect(counts).toEqual({
      total: 4,
      live: 3,
      following: 1,
      autonomous: 2,
      silent: 1,
      isConverged: false,
    });
  });

  it.each([
    ['all are there', [seenHost('lb-1'), seenHost('lb-2')], true],
    ['a worker is behind', [seenHost('lb-1'), seenHost('lb-2', { workers: [worker(44)] })], false],
    ['a worker has nothing', [seenHost('lb-1', { workers: [worker(null)] })], false],
    ['a host is behind', [seenHost('lb-1', { position: { epoch: 9, seq: 1 }, workers: [] })], false],
    ['one that is silent is behind', [seenHost('lb-1'), seenHost('lb-2', { position: null }, 9_000)], true],
    ['there is no host', [], false],
  ])('have converged or not: %s', (_, seen, isConverged) => {
    expect(countHosts(hostViews(seen)).isConverged).toBe(isConverged);
  });
});
