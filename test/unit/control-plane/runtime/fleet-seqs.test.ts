import { FleetSeqs } from '../../../../control-plane/runtime/fleet-seqs.js';

describe('which event of the fleet a snapshot contains', () => {
  it('is known of the newest 64', () => {
    const seqs = new FleetSeqs();
    for (let version = 1; version <= 70; version += 1) seqs.published(version, version * 10);
    seqs.published(70, 999);
    expect(seqs.of(70)).toBe(999);
    expect(seqs.of(7)).toBe(70);
    expect(seqs.of(6)).toBeNull();
  });

  it('is none on a host without a fleet', () => {
    const seqs = new FleetSeqs();
    seqs.published(1, null);
    expect(seqs.of(1)).toBeNull();
  });
});
