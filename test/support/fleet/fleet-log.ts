/** The log of a fleet as Redis has it. */
import type { RedisServer } from '../redis-server.js';
import { keyOfFleet } from './fleet-rig.js';

export interface FleetLogEntry {
  readonly seq: number;
  readonly epoch: number;
  readonly event: {
    readonly type: string;
    /** By the clock of the fleet. */
    readonly at: number;
    readonly backend?: string;
    readonly data?: { readonly to?: { readonly weight?: number } };
  };
}

/** All entries of the fleet's log: position and event. */
export async function logOf({ redis }: { readonly redis: RedisServer }): Promise<readonly FleetLogEntry[]> {
  const entries = (await redis.command('XRANGE', keyOfFleet('log'), '-', '+')) as [string, string[]][];
  return entries.map(([id, [, text = '{}']]) => {
    const [seq, epoch] = id.split('-').map(Number);
    return { seq: seq!, epoch: epoch!, event: JSON.parse(text) as FleetLogEntry['event'] };
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

/**
 * Each write that was acknowledged is there once and in its place, and none is there twice.
 * @param answers status of each write of the weight of this backend, in order; no two of the same weight
 */
export function expectKept(
  log: readonly FleetLogEntry[],
  backend: string,
  answers: ReadonlyMap<number, number>,
): void {
  const written = log
    .filter(({ event }) => event.type === 'BackendSettingsChanged' && event.backend === backend)
    .map(({ event }) => event.data?.to?.weight ?? NaN)
    .filter((weight) => answers.has(weight));
  const acknowledged = [...answers].filter(([, status]) => status === 200).map(([weight]) => weight);
  expect(written.filter((weight) => answers.get(weight) === 200)).toEqual(acknowledged);
  expect(new Set(written).size).toBe(written.length);
  const refused = [...answers].filter(([weight, status]) => status !== 200 && !written.includes(weight));
  for (const [, status] of refused) expect(status).toBe(503);
}
