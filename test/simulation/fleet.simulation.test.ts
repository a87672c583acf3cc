/**
 * Many seeds of a fleet under faults. `TIDEGATE_SEEDS=10000` runs more, `TIDEGATE_SEED=n` one, telling what happened.
 *
 * @jest-environment ./test/support/swift-environment.cjs
 */
import { simulateFleet } from './fleet/fleet-plan.js';

const SEEDS = Number(process.env['TIDEGATE_SEEDS'] ?? 500);
const ONLY = process.env['TIDEGATE_SEED'];

describe('hosts that share a store under faults', () => {
  it('keep their laws, whatever happens in which order', async () => {
    const unhandled: unknown[] = [];
    const remember = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', remember);
    if (ONLY !== undefined) {
      process.stdout.write(`${JSON.stringify(await simulateFleet(Number(ONLY)), null, 1)}\n`);
      return;
    }
    const sum: Record<string, number> = {};
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const counts = await simulateFleet(seed);
      for (const [what, count] of Object.entries(counts)) sum[what] = (sum[what] ?? 0) + count;
    }
    process.off('unhandledRejection', remember);
    expect(unhandled).toEqual([]);
    // A run in which nothing happens proves nothing.
    for (const what of [
      'founded',
      'restored',
      'events put back',
      'FleetAdopted',
      'HostWasAutonomous',
      'HostLeft',
      'HostWorkerExited',
      'HostIncidentsUntold',
      'write: accepted',
      'write: rejected',
      'write: read-only',
      'write: unknown',
      'verdicts: unhealthy',
      'verdicts: healthy',
      'PoolRemoved',
      'SessionsFlushed',
    ]) {
      expect([what, (sum[what] ?? 0) > 0]).toEqual([what, true]);
    }
    if (process.env['TIDEGATE_SEEDS'] !== undefined) {
      process.stdout.write(`${JSON.stringify(sum, null, 1)}\n`);
    }
  }, 600_000);
});
