import { fleetOf } from '../../control-plane/domain/fleet-state.js';
import { FleetSnapshots } from '../../control-plane/fleet/fleet-snapshots.js';
import type { Saved } from '../../control-plane/fleet/fleet-store.js';
import { FLEET_TIMES } from '../../control-plane/fleet/fleet-times.js';
import { story } from '../support/domain.js';
import { silence } from '../support/silence.js';
import { VirtualTime } from '../support/virtual-time.js';

/** Snapshots of a leader, whose store takes each when it is told to. */
function snapshotsOfLeader() {
  const told = story();
  const adopt = (seq: number): void => {
    const fleet = fleetOf(told.world.state);
    const standing = { ...fleet.standing, seq };
    told.when({ type: 'AdoptFleet', fleet: { ...fleet, standing }, keepsVerdicts: true });
  };
  const time = new VirtualTime(0);
  const asked: { readonly seq: number; readonly answer: (saved: Saved) => void }[] = [];
  const snapshots = new FleetSnapshots({ id: 'a', epoch: 1 }, 0, {
    store: {
      saveSnapshot: ({ snapshot }) => {
        const { promise, resolve } = Promise.withResolvers<Saved>();
        asked.push({ seq: snapshot.position.seq, answer: resolve });
        return promise;
      },
    },
    loop: {
      get world() {
        return told.world;
      },
    },
    timers: time,
    times: FLEET_TIMES,
    logger: silence,
  });
  const change = (seq: number): void => {
    adopt(seq);
    snapshots.changed();
  };
  const pass = (): Promise<void> => time.pass(FLEET_TIMES.snapshotAfterMs, () => undefined);
  return { snapshots, change, pass, asked, seqs: () => asked.map(({ seq }) => seq) };
}

describe('the snapshot of a fleet', () => {
  it('is stored again where the store did not answer', async () => {
    const { change, pass, asked, seqs } = snapshotsOfLeader();
    change(5);
    await pass();
    asked[0]?.answer({ kind: 'unavailable', reason: 'no' });
    await pass();
    expect(seqs()).toEqual([5, 5]);
    asked[1]?.answer({ kind: 'ok' });
    await pass();
    expect(seqs()).toEqual([5, 5]);
  });

  it('has what changed, much at once, while one was stored', async () => {
    const { change, pass, asked, seqs } = snapshotsOfLeader();
    change(5);
    await pass();
    change(5_000);
    expect(seqs()).toEqual([5]);
    asked[0]?.answer({ kind: 'ok' });
    await pass();
    expect(seqs()).toEqual([5, 5_000]);
  });

  it('is not stored any more after the term', async () => {
    const { snapshots, change, pass, asked, seqs } = snapshotsOfLeader();
    change(5);
    await pass();
    snapshots.stop();
    asked[0]?.answer({ kind: 'unavailable', reason: 'no' });
    await pass();
    expect(seqs()).toEqual([5]);
  });
});
