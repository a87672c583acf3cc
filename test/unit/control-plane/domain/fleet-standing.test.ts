import {
  advanced,
  foundedAt,
  withHost,
  withoutHost,
} from '../../../../control-plane/domain/fleet-standing.js';

const HOST = { host: 'a', incarnation: 'one', version: '1' };

describe('where a host stands in its fleet', () => {
  it('remembers the first event of each of the newest terms', () => {
    let standing = foundedAt(7, 3, 5);
    for (const [epoch, seq] of [
      [4, 8],
      [4, 9],
      [9, 10],
    ] as const) {
      standing = advanced(standing, { epoch, seq, at: 6, command: seq });
    }
    expect(standing).toEqual({
      epoch: 9,
      seq: 10,
      at: 6,
      command: 10,
      terms: [
        { epoch: 4, first: 8 },
        { epoch: 9, first: 10 },
      ],
      hosts: [],
    });
  });

  it('forgets terms beyond the newest 64', () => {
    let standing = foundedAt(0, 0, 0);
    for (let epoch = 1; epoch <= 100; epoch += 1) {
      standing = advanced(standing, { epoch, seq: epoch, at: 0, command: 0 });
    }
    expect(standing.terms).toHaveLength(64);
    expect(standing.terms[0]).toEqual({ epoch: 37, first: 37 });
  });

  it('has each host once, with the process that runs there now', () => {
    const twice = withHost(withHost(foundedAt(0, 0, 0), HOST), { ...HOST, incarnation: 'two' });
    expect(twice.hosts).toEqual([{ ...HOST, incarnation: 'two' }]);
    expect(withoutHost(twice, 'a').hosts).toEqual([]);
    expect(withoutHost(twice, 'b').hosts).toHaveLength(1);
  });
});
