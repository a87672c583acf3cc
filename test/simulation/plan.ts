/** What happens to a world: faults, repairs and operators in random order, then peace, and the laws that peace must restore. */
import { retain } from '../../control-plane/event-log/retain.js';
import type { CommandDraft } from '../../control-plane/domain/commands.js';
import { MAILBOX_LIMIT } from '../../control-plane/runtime/mailbox.js';
import type { PoolState } from '../../control-plane/domain/state.js';
import { backendId, poolId } from '../../shared/ids.js';
import { BEHAVIOURS } from './backends.js';
import { NAMES, POOLS, randomBackend, randomDocument, randomSettings } from './settings.js';
import { World, type WorldOptions } from './world.js';
import { worker } from '../support/workers.js';

type Step = (world: World) => void;

const API = { kind: 'api', name: 'simulation' } as const;

/** Within this time after the last fault everything must be as if nothing had happened. */
export const PEACE_LIMIT_MS = 60_000;

/** Lives through one seed. Throws with the seed and the last steps when a law is broken; answers what happened. */
export async function simulate(
  seed: number,
  options: WorldOptions = { steps: 45 },
): Promise<Readonly<Record<string, number>>> {
  const world = new World(seed);
  await world.pass(500);
  for (let i = 0; i < options.steps; i += 1) {
    const total = STEPS.reduce((sum, [weight]) => sum + weight, 0);
    let left = world.chance.random() * total;
    const chosen = STEPS.find(([weight]) => (left -= weight) < 0) ?? STEPS[0];
    world.ledger.step(chosen?.[1] ?? '');
    chosen?.[2](world);
    await world.pass(world.chance.between(0, 700));
  }
  await makePeace(world);
  return world.ledger.counts;
}

/**
 * A life on a full disk: workers and backends fail and recover, and all of it reaches the workers though nothing is stored.
 * Primaries stay (none starts on a full disk), and snapshots are whole (nobody can change anything to have another one).
 */
export async function simulateFullDisk(
  seed: number,
  options: WorldOptions = { steps: 45 },
): Promise<Readonly<Record<string, number>>> {
  const world = new World(seed);
  await untilSettled(world, 'settles before the disk is full');
  const { seq } = world.disk.folded;
  world.disk.full = true;
  for (let i = 0; i < options.steps; i += 1) {
    const chosen = world.chance.oneOf(FULL_DISK_STEPS);
    world.ledger.step(chosen?.[0] ?? '');
    chosen?.[1](world);
    await world.pass(world.chance.between(0, 700));
  }
  world.backends.repairAll();
  await untilSettled(world, 'settles while it is full');
  world.ledger.require(world.disk.folded.seq === seq, 'no-bug', 'something was stored on a full disk');
  await makePeace(world);
  return world.ledger.counts;
}

/** Every worker has the newest snapshot, in which every backend is well. */
async function untilSettled(world: World, what: string): Promise<void> {
  world.ledger.step(what);
  const began = world.time.now();
  let owed: string | null = 'nothing looked at';
  while (owed !== null && world.time.now() - began < PEACE_LIMIT_MS) {
    await world.pass(500);
    owed = world.isSettled();
  }
  world.ledger.require(owed === null, 'converges', `${what}: ${owed ?? ''}`);
  await world.pass(0);
}

async function makePeace(world: World): Promise<void> {
  world.ledger.step('peace');
  world.backends.repairAll();
  world.disk.full = false;
  world.disk.slowMs = 0;
  const began = world.time.now();
  let owed: string | null = 'nothing looked at';
  let touched = false;
  while (owed !== null && world.time.now() - began < PEACE_LIMIT_MS) {
    quieten(world);
    for (const process of world.workers) process.spoilNext = false;
    await world.pass(500);
    // A worker that refused the last snapshot catches up with the next.
    if (!touched && world.primary !== null) touched = await touch(world);
    owed = touched ? world.isSettled() : 'no change was stored';
  }
  world.ledger.require(owed === null, 'converges', owed ?? '');
  world.ledger.counts['ms to peace'] = world.time.now() - began;
  world.traffic = false;
  await world.pass(6_000);
  world.checkQuiet();
  const stopping = world.primary?.stop();
  await world.pass(8_000);
  await stopping;
  await world.checkHistory();
}

/** A few more changes, faster than snapshots travel. */
async function touch(world: World): Promise<boolean> {
  let stored = false;
  for (let i = 0; i < 3; i += 1) {
    const { forwarding } = world.document;
    const accessLogRatio = 1 - forwarding.accessLogRatio;
    world.document = { ...world.document, forwarding: { ...forwarding, accessLogRatio } };
    stored = false;
    world.primary?.apply(world.document).then(
      (decision) => (stored = decision.kind === 'accepted'),
      () => world.ledger.count('reload failed'),
    );
    await world.pass(1);
  }
  return stored;
}

/** No channel is slow any more. */
function quieten(world: World): void {
  for (const { toPrimary, fromPrimary } of world.workers) {
    toPrimary.delay = [0, 2];
    fromPrimary.delay = [0, 2];
  }
}

const STEPS: readonly (readonly [weight: number, name: string, step: Step])[] = [
  [9, 'backend changes its behaviour', behave],
  [4, 'backend repaired', repair],
  [2, 'weight', (world) => changeBackend(world, { changes: { weight: world.chance.between(0, 3) } })],
  [
    2,
    'admin state',
    (world) =>
      changeBackend(world, { admin: world.chance.among('ready', 'ready', 'draining', 'maintenance') }),
  ],
  [2, 'settings', changeSettings],
  [1, 'new configuration', applyConfiguration],
  [1, 'add backend', addBackend],
  [1, 'remove backend', removeBackend],
  [3, 'kill worker', (world) => world.chance.oneOf(world.workers)?.kill()],
  [0.5, 'end worker', (world) => world.chance.oneOf(world.workers)?.terminate()],
  [0.7, 'cut channel', (world) => world.chance.oneOf(world.workers)?.cut()],
  [3, 'slow channel', slowChannel],
  [2, 'channels quick', quieten],
  [1.5, 'spoil snapshot', spoilSnapshot],
  [1.5, 'kill primary', (world) => world.killPrimary(world.chance.between(0, 2_000))],
  [0.3, 'second primary', (world) => world.startPrimary()],
  [1.5, 'disk full', fillDisk],
  [0.7, 'directory deleted', (world) => (world.disk.lost = true)],
  [1, 'disk slow', (world) => (world.disk.slowMs = world.chance.between(0, 60))],
  [0.15, 'flood', flood],
  [3, 'burst', burst],
  [0.5, 'checkpoint', (world) => void world.disk.log.checkpoints.save(world.disk.folded)],
  [0.5, 'forget', forget],
];

const FULL_DISK_STEPS: readonly (readonly [name: string, step: Step])[] = [
  ['backend changes its behaviour', behave],
  ['backend changes its behaviour', behave],
  ['backend repaired', repair],
  ['kill worker', (world) => world.chance.oneOf(world.workers)?.kill()],
  ['weight', (world) => changeBackend(world, { changes: { weight: world.chance.between(0, 3) } })],
  ['burst', burst],
];

function behave(world: World): void {
  const host = `${world.chance.oneOf(NAMES)}.${world.chance.oneOf(POOLS)}.test`;
  // Those that checks do not notice are the breakers' business, and met more often.
  const choices = [...BEHAVIOURS, 'ailing', 'ailing', 'flaky', 'flaky'] as const;
  world.backends.set(host, world.chance.oneOf(choices) ?? 'ok');
}

function repair(world: World): void {
  world.backends.set(`${world.chance.oneOf(NAMES)}.${world.chance.oneOf(POOLS)}.test`, 'ok');
}

function anyPool(world: World): PoolState | undefined {
  return world.chance.oneOf([...(world.primary?.loop.world.state.pools.values() ?? [])]);
}

function operate(world: World, draft: CommandDraft): void {
  world.primary?.operate(draft);
}

function changeBackend(
  world: World,
  change: {
    readonly changes?: { readonly weight: number };
    readonly admin?: 'ready' | 'draining' | 'maintenance';
  },
): void {
  const pool = anyPool(world);
  const backend = world.chance.oneOf([...(pool?.backends.values() ?? [])]);
  if (pool === undefined || backend === undefined) return;
  const expectedVersion = world.chance.happens(0.2) ? pool.version : null;
  operate(world, {
    type: 'ChangeBackend',
    pool: pool.id,
    backend: backend.id,
    ...change,
    expectedVersion,
    actor: API,
  });
}

function changeSettings(world: World): void {
  const pool = anyPool(world);
  if (pool === undefined) return;
  const settings = randomSettings(world.chance);
  operate(world, { type: 'ChangePool', pool: pool.id, settings, expectedVersion: null, actor: API });
}

function applyConfiguration(world: World): void {
  world.document = randomDocument(world.chance);
  world.primary?.apply(world.document).catch(() => world.ledger.count('reload failed'));
}

function addBackend(world: World): void {
  const pool = world.chance.oneOf(POOLS) ?? 'web';
  const backend = randomBackend(pool, world.chance.oneOf(NAMES) ?? 'a', world.chance);
  operate(world, { type: 'AddBackend', pool: poolId(pool), backend, expectedVersion: null, actor: API });
}

function removeBackend(world: World): void {
  const pool = poolId(world.chance.oneOf(POOLS) ?? 'web');
  const backend = backendId(world.chance.oneOf(NAMES) ?? 'a');
  operate(world, { type: 'RemoveBackend', pool, backend, expectedVersion: null, actor: API });
}

function slowChannel(world: World): void {
  const process = world.chance.oneOf(world.workers);
  if (process === undefined) return;
  const delay = [0, world.chance.among(20, 300, 2_500)] as const;
  if (world.chance.happens(0.7)) process.fromPrimary.delay = delay;
  if (world.chance.happens(0.7)) process.toPrimary.delay = delay;
}

function spoilSnapshot(world: World): void {
  const process = world.chance.oneOf(world.workers);
  if (process !== undefined) process.spoilNext = true;
}

function fillDisk(world: World): void {
  world.disk.full = true;
  world.time.after(world.chance.between(50, 4_000), () => (world.disk.full = false));
}

/** More observations at once than the mailbox takes. */
function flood(world: World): void {
  const { primary } = world;
  if (primary === null) return;
  const traffic = { kind: 'traffic' } as const;
  for (let i = 0; i < MAILBOX_LIMIT + 500; i += 1) {
    primary.loop.record({ type: 'RecordOutcomes', worker: worker(0), outcomes: [], actor: traffic });
  }
}

function burst(world: World): void {
  const count = world.chance.between(5, 40);
  for (let i = 0; i < count; i += 1) world.request();
}

function forget(world: World): void {
  const before = world.time.now() - world.chance.between(0, 20_000);
  void retain(world.disk.log, { journal: { before, bytes: 1_000_000 }, keepEvents: 20 });
}
