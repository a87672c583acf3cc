import { fleetOf } from '../../../../control-plane/domain/fleet-state.js';
import { foldFleet } from '../../../../control-plane/domain/fold-fleet.js';
import { POOL } from '../../../support/domain.js';
import { A, founded } from '../../../support/fleet-story.js';

describe('the state of a fleet after more events', () => {
  it('is what a host has that follows them one by one', () => {
    const { host, leader } = founded();
    const before = fleetOf(host.world.state);
    const changes = { weight: 7 };
    const events = [
      ...leader({ type: 'TakeLead', epoch: 12, host: 'two', incarnation: 'i', version: '1' }),
      ...leader({ type: 'ChangeBackend', pool: POOL, backend: A, changes, expectedVersion: null }),
    ];
    host.when({ type: 'FollowFleet', events });
    expect(foldFleet(before, events)).toEqual(fleetOf(host.world.state));
  });

  it('is the state itself without events', () => {
    const fleet = fleetOf(founded().host.world.state);
    expect(foldFleet(fleet, [])).toEqual(fleet);
  });
});
