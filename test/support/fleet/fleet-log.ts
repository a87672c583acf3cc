/** The log of a fleet as Redis has it. */
import type { RedisServer } from '../redis-server.js';
import { keyOfFleet } from './fleet-rig.js';

export interface FleetLogEntry {
  readonly seq: number;
  readonly epoch: number;
  readonly event: { readonly type: string };
}

/** All entries of the fleet's log: position and event. */
export async function logOf({ redis }: { readonly redis: RedisServer }): Promise<readonly FleetLogEntry[]> {
  const entries = (await redis.command('XRANGE', keyOfFleet('log'), '-', '+')) as [string, string[]][];
  return entries.map(([id, [, text = '{}']]) => {
    const [seq, epoch] = id.split('-').map(Number);
    return { seq: seq!, epoch: epoch!, event: JSON.parse(text) as { type: string } };
  });
}

/** One writer per epoch, epochs in order, no number missing. */
export function expectSound(log: readonly Pick<FleetLogEntry, 'seq' | 'epoch'>[]): void {
  log.forEach(({ seq, epoch }, index) => {
    const before = log[index - 1];
    if (before === undefined) return;
    expect(seq).toBe(before.seq + 1);
    expect(epoch).toBeGreaterThanOrEqual(before.epoch);
  });
}
