/** What operators and the hosts' own checks do in a simulated fleet. */
import { backendId, poolId } from '../../../shared/ids.js';
import type { CommandBody } from '../../../control-plane/domain/commands.js';
import type { FleetOutcome } from '../../../control-plane/fleet/fleet-submit.js';
import { NAMES, POOLS, randomBackend, randomDocument, randomSettings } from '../settings.js';
import type { FleetWorld } from './fleet-world.js';
import type { SimulatedHost } from './simulated-host.js';

export function applyOf({ chance }: FleetWorld): Extract<CommandBody, { type: 'ApplyConfig' }> {
  const document = randomDocument(chance);
  return { type: 'ApplyConfig', file: 'tidegate.yaml', sha256: `${chance.seed()}`, document };
}

export function writeOn(
  world: FleetWorld,
  host = world.chance.oneOf(world.running),
): Promise<FleetOutcome> | undefined {
  const process = host?.process;
  if (host === undefined || process === null || process === undefined) return undefined;
  const name = world.writes.begin(host.name);
  const outcome = process.write(randomWrite(world, host), { kind: 'api', name });
  outcome.then(
    (told) => world.writes.answered(name, told, world.head),
    (error: unknown) =>
      world.ledger.require(false, 'no-bug', error instanceof Error ? (error.stack ?? '') : String(error)),
  );
  return outcome;
}

function randomWrite(world: FleetWorld, host: SimulatedHost): CommandBody {
  const { chance } = world;
  const pools = host.process?.loop.world.state.pools;
  const pool = poolId(chance.among(...POOLS));
  const known = pools?.get(pool);
  const backend = backendId(chance.among(...NAMES));
  const isSure = known === undefined || chance.happens(0.6);
  const expectedVersion = isSure ? null : Math.max(0, known.version - chance.among(0, 0, 1));
  const of = { pool, expectedVersion };
  if (pools === undefined || pools.size === 0 || chance.happens(0.2)) return applyOf(world);
  switch (chance.between(1, 8)) {
    case 1:
      return { type: 'AddBackend', ...of, backend: randomBackend(pool, backend, chance) };
    case 2:
      return { type: 'RemoveBackend', ...of, backend };
    case 3:
      return { type: 'ChangePool', ...of, settings: randomSettings(chance) };
    case 4:
      return { type: 'FlushSessions', pool };
    case 5:
      return { type: 'ResetConfig', places: 'all', expectedVersion: null };
    case 6:
      return {
        type: 'ChangeBackend',
        ...of,
        backend,
        admin: chance.among('ready', 'draining', 'maintenance'),
      };
    default:
      return { type: 'ChangeBackend', ...of, backend, changes: { weight: chance.between(0, 100) } };
  }
}

/** The host's own checks of backends. */
export function judge({ chance, time }: FleetWorld, { process, clockAheadMs }: SimulatedHost): void {
  if (process === null) return;
  for (const [pool, { backends }] of process.loop.world.state.pools) {
    for (const { id, generation } of backends.values()) {
      if (chance.happens(0.5)) continue;
      const passed = chance.happens(0.6);
      const seen = passed ? { status: 200 } : { error: 'refused' };
      const result = { at: time.now() + clockAheadMs, passed, durationMs: 3, ...seen };
      const of = { pool, backend: id, generation } as const;
      process.loop.record({ type: 'RecordHealthCheck', ...of, result, actor: { kind: 'health-check' } });
    }
  }
}
