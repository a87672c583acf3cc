/** What every place of checkpoints promises. `subject` opens an empty one, of a log that ends at event 9,000. */
import type { Checkpoints } from '../../control-plane/event-log/checkpoints.js';
import { sampleState } from '../support/sample-events.js';
import type { PortSubject } from './port-subject.js';

export function checkpointsContract(subject: PortSubject<Checkpoints>): void {
  let checkpoints: Checkpoints;
  beforeEach(async () => {
    checkpoints = await subject.open();
  });
  afterEach(() => subject.close());

  it('begin empty', async () => {
    expect(await checkpoints.before(9_000)).toBeNull();
    expect(await checkpoints.seqs()).toEqual([]);
  });

  it('answer the state saved, also after they were closed', async () => {
    await checkpoints.save(sampleState(3, 40));
    expect(await (await subject.reopen()).before(3)).toEqual(sampleState(3, 40));
  });

  it('answer the newest at or before an event', async () => {
    for (const seq of [6, 3]) await checkpoints.save(sampleState(seq));
    const found = await Promise.all([2, 3, 5, 6, 100].map((asked) => checkpoints.before(asked)));
    expect(found.map((state) => state?.seq)).toEqual([undefined, 3, 3, 6, 6]);
  });

  it('replace the one of the same event', async () => {
    await checkpoints.save(sampleState(3, 1));
    await checkpoints.save(sampleState(3, 2));
    expect(await checkpoints.before(3)).toEqual(sampleState(3, 2));
  });

  it('refuse a state after what is not yet written', async () => {
    await expect(checkpoints.save(sampleState(9_001))).rejects.toThrow('a checkpoint at 9001');
  });

  it('know the events they are of, oldest first, and forget those they are told to', async () => {
    const seqs = [5, 1, 9, 7, 3, 8, 2];
    for (const seq of seqs) await checkpoints.save(sampleState(seq));
    expect(await checkpoints.seqs()).toEqual(seqs.toSorted((a, b) => a - b));
    await checkpoints.forget([1, 4, 8, 2, 3, 5]);
    await checkpoints.forget([]);
    expect(await (await subject.reopen()).seqs()).toEqual([7, 9]);
  });
}
