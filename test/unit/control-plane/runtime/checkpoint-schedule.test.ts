import type { ControlState } from '../../../../control-plane/domain/state.js';
import { CheckpointSchedule } from '../../../../control-plane/runtime/checkpoint-schedule.js';
import { fakeClock } from '../../../support/fake-clock.js';
import { sampleState } from '../../../support/sample-events.js';
import { silence } from '../../../support/silence.js';

describe('checkpoints', () => {
  function begun() {
    const saved: number[] = [];
    const disk = { isFull: false };
    const save = async ({ seq }: ControlState): Promise<void> => {
      if (disk.isFull) throw new Error('full');
      saved.push(seq);
    };
    const clock = fakeClock();
    const deps = { checkpoints: { save }, clock, logger: silence };
    return { schedule: new CheckpointSchedule(100, deps), clock, saved, disk };
  }

  it('are made after 500 events, or as many as there are backends', async () => {
    const { schedule, saved } = begun();
    await schedule.saveIfDue(sampleState(599));
    await schedule.saveIfDue(sampleState(600));
    await schedule.saveIfDue(sampleState(1_100, 501));
    await schedule.saveIfDue(sampleState(1_101, 501));
    expect(saved).toEqual([600, 1_101]);
  });

  it('are made after five minutes if there were any events', async () => {
    const { schedule, clock, saved } = begun();
    clock.advance(300_000);
    await schedule.saveIfDue(sampleState(100));
    await schedule.saveIfDue(sampleState(101));
    await schedule.saveIfDue(sampleState(102));
    expect(saved).toEqual([101]);
  });

  it('are made once of a state, and again after a failure', async () => {
    const { schedule, saved, disk } = begun();
    disk.isFull = true;
    await schedule.save(sampleState(101));
    disk.isFull = false;
    await schedule.save(sampleState(101));
    await schedule.save(sampleState(101));
    expect(saved).toEqual([101]);
  });
});
