/** What hosts and their traffic live through while something happens to their Redis. */
import { expectSound, logOf } from './fleet-log.js';
import type { FleetRig } from './fleet-rig.js';

/** Traffic before, during and after the fault; nothing of it may be lost, and the fleet's log is sound. */
export async function underLoad(rig: FleetRig, fault: () => Promise<void>): Promise<void> {
  rig.startLoad();
  await rig.goOn();
  await fault();
  await rig.untilWritable();
  expectSound(await logOf(rig));
  await rig.goOn();
  await rig.expectNoLoss();
}
