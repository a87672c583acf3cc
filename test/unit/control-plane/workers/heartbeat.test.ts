import { Heartbeat } from '../../../../control-plane/workers/heartbeat.js';
import { HEARTBEAT_MS } from '../../../../control-plane/workers/watchdog.js';
import { emptyRecord } from '../../../../control-plane/workers/worker-record.js';
import { START } from '../../../support/domain.js';
import { VirtualTime } from '../../../support/virtual-time.js';

it('asks workers that forward, once until they answer, and no others', async () => {
  const time = new VirtualTime(START);
  const asked: number[] = [];
  const records = [
    { ...emptyRecord(0), worker: 1, phase: 'ready' as const },
    { ...emptyRecord(1), worker: 2, phase: 'stopping' as const },
  ];
  const heartbeat = new Heartbeat({
    records,
    count: 2,
    timers: time,
    send: (worker) => asked.push(worker),
    hung: () => undefined,
    beaten: () => undefined,
  });
  heartbeat.start();
  await time.pass(HEARTBEAT_MS, () => undefined);
  expect(asked).toEqual([1]);
  records[0]!.owed = 0;
  await time.pass(HEARTBEAT_MS, () => undefined);
  expect(asked).toEqual([1, 1]);
  heartbeat.stop();
});
