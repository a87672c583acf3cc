import { fleetOf, leaderState } from '../../../../control-plane/domain/fleet-state.js';
import { storyOf } from '../../../support/domain.js';
import { DOCUMENT, founded, passCheck } from '../../../support/fleet-story.js';

describe('the state that a fleet shares', () => {
  it('has no verdict on any backend, and goes on from the numbers of its founder', () => {
    const host = storyOf(DOCUMENT);
    passCheck(host);
    const fleet = fleetOf(host.world.state);
    expect(fleet.standing).toMatchObject({
      epoch: 0,
      seq: host.world.state.seq,
      command: host.backend('a').generation,
    });
    const state = leaderState(fleet);
    expect(state.seq).toBe(host.world.state.seq);
    expect([...(state.pools.get(host.pool().id)?.backends.values() ?? [])]).toMatchObject([
      { id: 'a', health: 'unknown' },
    ]);
    expect(fleetOf(state)).toEqual(fleet);
  });

  it('leaves a host its verdicts on backends at the same address, and none where a backend is another', () => {
    const { host } = founded();
    const fleet = fleetOf(host.world.state);
    const elsewhere = storyOf(DOCUMENT);
    passCheck(elsewhere);
    elsewhere.when({ type: 'AdoptFleet', fleet, keepsVerdicts: false });
    expect(elsewhere.backend('a').health).toBe('healthy');
    const moved = fleet.pools.map((pool) => ({
      ...pool,
      backends: pool.backends.map((one) => ({ ...one, address: { ...one.address, port: 1 } })),
    }));
    host.when({ type: 'AdoptFleet', fleet: { ...fleet, pools: moved }, keepsVerdicts: true });
    expect(host.backend('a').health).toBe('unknown');
  });
});
