/**
 * Random histories of the domain for property tests: configurations, operators, checks, traffic, workers that hold and
 * return permits (and lie about them), restarts, and time in small and large steps. Steps are drawn without knowledge
 * of the world and made into commands against it, so that shrinking keeps them meaningful.
 */
import fc from 'fast-check';
import type { Command, CommandBody } from '../../control-plane/domain/commands.js';
import { decide } from '../../control-plane/domain/decide.js';
import type { Decision, World } from '../../control-plane/domain/decision.js';
import { nextDeadline } from '../../control-plane/domain/deadline.js';
import type { BackendState } from '../../control-plane/domain/state.js';
import type { BackendId, PoolId } from '../../shared/ids.js';
import { poolId } from '../../shared/ids.js';
import type { BackendOutcomes, FailureReason, TrialReport } from '../../shared/outcome.js';
import { FAILURE_REASONS } from '../../shared/outcome.js';
import type { ConfigDocument, PoolDefinition, PoolSettings } from '../../shared/settings.js';
import { breaker, definition, EMPTY_WORLD, forwarding, healthCheck, START } from './domain.js';

const POOLS = ['p', 'q', 'r'] as const;
const BACKENDS = ['a', 'b', 'c', 'd'] as const;

/** What happens next, before it is known what there is for it to happen to. Numbers are taken modulo what there is. */
export type Step =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'apply'; readonly document: ConfigDocument; readonly sha: number }
  | { readonly kind: 'apply-again' }
  | { readonly kind: 'reject'; readonly problem: number }
  | {
      readonly kind: 'add';
      readonly pool: number;
      readonly name: number;
      readonly port: number;
      readonly weight: number;
    }
  | { readonly kind: 'remove'; readonly target: number; readonly stale: boolean }
  | {
      readonly kind: 'change';
      readonly target: number;
      readonly weight: number;
      readonly admin: number;
      readonly stale: boolean;
    }
  | { readonly kind: 'settings'; readonly pool: number; readonly settings: PoolSettings }
  | { readonly kind: 'toggle'; readonly pool: number; readonly what: 'healthCheck' | 'breaker' }
  | {
      readonly kind: 'check';
      readonly target: number;
      readonly passed: boolean;
      readonly stale: boolean;
      readonly times: number;
    }
  | {
      readonly kind: 'report';
      readonly worker: number;
      readonly parts: readonly {
        readonly target: number;
        readonly successes: number;
        readonly failures: number;
        readonly reason: number;
        readonly stale: boolean;
      }[];
    }
  | {
      readonly kind: 'trial';
      readonly permit: number;
      readonly result: number;
      readonly returned: boolean;
      readonly liar: boolean;
    }
  | { readonly kind: 'worker'; readonly worker: number; readonly what: number }
  | { readonly kind: 'certificate'; readonly good: boolean }
  | { readonly kind: 'tick'; readonly ms: number }
  | { readonly kind: 'deadline'; readonly early: number };

const small = fc.nat({ max: 3 });
const target = fc.nat({ max: 15 });

export const anySettings: fc.Arbitrary<PoolSettings> = fc.record({
  algorithm: fc.constantFrom('round-robin' as const, 'random' as const),
  healthCheck: fc.option(
    fc
      .record({
        failureThreshold: fc.integer({ min: 1, max: 4 }),
        successThreshold: fc.integer({ min: 1, max: 3 }),
        fastIntervalMs: fc.constantFrom(1, 500, 2_000),
      })
      .map((over) => healthCheck(over)),
    { freq: 3 },
  ),
  breaker: fc.option(
    fc
      .record({
        failureThreshold: fc.integer({ min: 1, max: 4 }),
        failureRatio: fc.constantFrom(0, 0.3, 0.5, 1),
        windowMs: fc.constantFrom(1_000, 2_500, 10_000),
        resetTimeoutMs: fc.constantFrom(10, 1_000, 5_000),
        maxResetTimeoutMs: fc.constantFrom(5_000, 20_000),
        halfOpenLimit: fc.integer({ min: 1, max: 3 }),
        halfOpenSuccesses: fc.integer({ min: 1, max: 4 }),
        maxEjectionPercent: fc.constantFrom(0, 34, 50, 100),
      })
      .map((over) => breaker(over)),
    { freq: 6 },
  ),
  sticky: fc.constant(null),
});

const anyPool = (name: string): fc.Arbitrary<PoolDefinition> =>
  fc.record({
    id: fc.constant(poolId(name)),
    settings: anySettings,
    backends: fc
      .subarray([...BACKENDS])
      .chain((names) =>
        fc.tuple(
          ...names.map((one) =>
            fc
              .record({ port: fc.constantFrom(8080, 8080, 8081), weight: fc.integer({ min: 0, max: 3 }) })
              .map(({ port, weight }) =>
                definition(one, { weight, address: { protocol: 'http', host: `${one}.test`, port } }),
              ),
          ),
        ),
      ),
  });

export const anyDocument: fc.Arbitrary<ConfigDocument> = fc
  .subarray([...POOLS], { minLength: 1 })
  .chain((names) => fc.tuple(...names.map(anyPool)))
  .chain((pools) =>
    fc.record({
      forwarding: fc.constantFrom(forwarding(), forwarding({ metricsPath: null })),
      pools: fc.constant(pools),
      routes: fc.subarray(pools.map((pool) => ({ host: null, pathPrefix: `/${pool.id}`, pool: pool.id }))),
    }),
  );

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'start' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'stop' }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('apply' as const), document: anyDocument, sha: small }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'apply-again' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reject' as const), problem: small }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      pool: small,
      name: small,
      port: fc.constantFrom(8080, 9090),
      weight: fc.constantFrom(0, 1, 2, 1_001),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), target, stale: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      target,
      weight: small,
      admin: small,
      stale: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('settings' as const), pool: small, settings: anySettings }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('toggle' as const),
      pool: small,
      what: fc.constantFrom('breaker' as const, 'breaker' as const, 'healthCheck' as const),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('check' as const),
      target,
      passed: fc.boolean(),
      stale: fc.nat({ max: 9 }).map((n) => n === 0),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 16,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      worker: small,
      parts: fc.array(
        fc.record({
          target,
          successes: fc.constantFrom(0, 1, 2, 7),
          failures: fc.constantFrom(0, 0, 1, 3),
          reason: fc.nat({ max: 5 }),
          stale: fc.nat({ max: 9 }).map((n) => n === 0),
        }),
        { maxLength: 3 },
      ),
    }),
  },
  {
    weight: 16,
    arbitrary: fc.record({
      kind: fc.constant('trial' as const),
      permit: fc.nat({ max: 20 }),
      result: fc.nat({ max: 4 }),
      returned: fc.boolean(),
      liar: fc.nat({ max: 9 }).map((n) => n === 0),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('worker' as const), worker: small, what: fc.nat({ max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('certificate' as const), good: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      ms: fc.constantFrom(0, 1, 100, 700, 1_000, 4_000, 61_000, 3_700_000),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant('deadline' as const), early: fc.constantFrom(0, 0, 0, 1) }),
  },
);

export const anyHistory: fc.Arbitrary<readonly Step[]> = fc
  .tuple(anyDocument, fc.array(anyStep, { minLength: 1, maxLength: 90, size: 'max' }))
  .map(([document, steps]) => [
    { kind: 'start' },
    { kind: 'apply', document, sha: 0 },
    { kind: 'worker', worker: 0, what: 1 },
    { kind: 'worker', worker: 1, what: 1 },
    ...steps,
  ]);

export interface Lived {
  readonly command: Command;
  readonly before: World;
  readonly decision: Decision;
}

/** Lives a history from the empty world; calls back after each command. */
export function live(steps: readonly Step[], each: (lived: Lived) => void): World {
  let world = EMPTY_WORLD;
  let at = START;
  let id = 0;
  for (const step of steps) {
    if (step.kind === 'tick') at += step.ms;
    if (step.kind === 'deadline') at = Math.max(at, (nextDeadline(world) ?? at) - step.early);
    for (const body of commandsOf(step, world, at)) {
      id += 1;
      const command: Command = {
        ...body,
        id,
        at,
        seed: Math.imul(id, 2_654_435_761),
        actor: { kind: 'api' },
      };
      const before = world;
      const decision = decide(command, before);
      if (decision.kind === 'accepted') world = decision.world;
      each({ command, before, decision });
    }
  }
  return world;
}

interface Target {
  readonly pool: PoolId;
  readonly backend: BackendState;
}

function targets(world: World): readonly Target[] {
  return [...world.state.pools.values()].flatMap((pool) =>
    [...pool.backends.values()].map((backend) => ({ pool: pool.id, backend })),
  );
}

function pickTarget(world: World, number: number): Target | undefined {
  const all = targets(world);
  return all.length === 0 ? undefined : all[number % all.length];
}

function commandsOf(step: Step, world: World, at: number): readonly CommandBody[] {
  switch (step.kind) {
    case 'start':
      return [{ type: 'StartPrimary', version: '0.1.0', pid: 1 }];
    case 'stop':
      return [{ type: 'StopPrimary', reason: 'SIGTERM' }];
    case 'apply':
      return [applied(step.document, `${step.sha}`)];
    case 'apply-again': {
      const last = world.state.applied;
      return last === null ? [] : [applied(last.document, last.sha256)];
    }
    case 'reject':
      return [{ type: 'RejectConfig', file: 'tidegate.yaml', problems: [`${step.problem}`] }];
    case 'tick':
    case 'deadline':
      return [{ type: 'AdvanceTime' }];
    case 'certificate':
      return [certificate(step.good)];
    case 'worker':
      return [workerCommand(step.worker, step.what)];
    case 'add':
    case 'remove':
    case 'change':
    case 'settings':
    case 'toggle':
      return operatorCommands(step, world);
    case 'check':
    case 'report':
    case 'trial':
      return observed(step, world, at);
  }
}

function applied(document: ConfigDocument, sha256: string): CommandBody {
  return { type: 'ApplyConfig', file: 'tidegate.yaml', sha256, document, restartNeeded: [] };
}

function certificate(good: boolean): CommandBody {
  return good
    ? { type: 'RecordCertificate', certFile: 'c', fingerprint: 'f', subject: 's', notAfter: 1 }
    : { type: 'RejectCertificate', certFile: 'c', problem: 'expired' };
}

function workerCommand(worker: number, what: number): CommandBody {
  if (what === 0) return { type: 'RecordWorkerStarted', worker, pid: worker + 10 };
  if (what <= 3) return { type: 'RecordWorkerReady', worker };
  return { type: 'RecordWorkerExited', worker, pid: worker + 10, reason: 'SIGKILL', expected: false };
}

function operatorCommands(
  step: Extract<Step, { kind: 'add' | 'remove' | 'change' | 'settings' | 'toggle' }>,
  world: World,
): readonly CommandBody[] {
  if (step.kind === 'add' || step.kind === 'settings') {
    const pool = poolId(POOLS[step.pool] ?? 'nowhere');
    const expectedVersion = null;
    if (step.kind === 'settings')
      return [{ type: 'ChangePool', pool, settings: step.settings, expectedVersion }];
    const name = BACKENDS[step.name] ?? 'a';
    const address = { protocol: 'http', host: `${name}.test`, port: step.port } as const;
    const backend = definition(name, { weight: step.weight, address });
    return [{ type: 'AddBackend', pool, backend, expectedVersion }];
  }
  if (step.kind === 'toggle') return toggled(step, world);
  const found = pickTarget(world, step.target);
  if (found === undefined) return [];
  const of = { pool: found.pool, backend: found.backend.id };
  const version = world.state.pools.get(found.pool)?.version ?? 0;
  const expectedVersion = step.stale ? version - 1 : version;
  if (step.kind === 'remove') return [{ type: 'RemoveBackend', ...of, expectedVersion }];
  const admin = (['ready', 'draining', 'maintenance'] as const)[step.admin];
  const change = { weight: step.weight, ...(admin === undefined ? {} : { admin }) };
  return [{ type: 'ChangeBackend', ...of, ...change, expectedVersion }];
}

/** Takes the check or the breaker away and leaves the rest, or puts one there. */
function toggled(step: Extract<Step, { kind: 'toggle' }>, world: World): readonly CommandBody[] {
  const pools = [...world.state.pools.values()];
  const pool = pools[step.pool % Math.max(1, pools.length)];
  if (pool === undefined) return [];
  const { settings } = pool;
  const changed =
    step.what === 'breaker'
      ? { ...settings, breaker: settings.breaker === null ? breaker({ failureThreshold: 2 }) : null }
      : { ...settings, healthCheck: settings.healthCheck === null ? healthCheck() : null };
  return [{ type: 'ChangePool', pool: pool.id, settings: changed, expectedVersion: pool.version }];
}

function observed(
  step: Extract<Step, { kind: 'check' | 'report' | 'trial' }>,
  world: World,
  at: number,
): readonly CommandBody[] {
  switch (step.kind) {
    case 'check': {
      const found = pickTarget(world, step.target);
      if (found === undefined) return [];
      const result = step.passed
        ? { at, passed: true, durationMs: 2, status: 200 }
        : { at, passed: false, durationMs: 2, error: 'refused' };
      const generation = found.backend.generation - (step.stale ? 1 : 0);
      const of = { pool: found.pool, backend: found.backend.id, generation };
      return Array.from(
        { length: step.times },
        () => ({ type: 'RecordHealthCheck', ...of, result }) as const,
      );
    }
    case 'report':
      return [
        {
          type: 'RecordOutcomes',
          worker: step.worker,
          outcomes: step.parts.flatMap((part) => outcomesOf(part, world)),
        },
      ];
    case 'trial':
      return trialOf(step, world);
  }
}

function outcomesOf(
  part: Extract<Step, { kind: 'report' }>['parts'][number],
  world: World,
): readonly BackendOutcomes[] {
  const found = pickTarget(world, part.target);
  if (found === undefined) return [];
  const reason: FailureReason = FAILURE_REASONS[part.reason] ?? 'reset';
  return [
    {
      pool: found.pool,
      backend: found.backend.id,
      generation: found.backend.generation - (part.stale ? 1 : 0),
      successes: part.successes,
      failures: part.failures === 0 ? {} : { [reason]: part.failures },
      trials: [],
    },
  ];
}

/** Word on one of the permits that are out; from the wrong worker if it is a lie. */
function trialOf(step: Extract<Step, { kind: 'trial' }>, world: World): readonly CommandBody[] {
  const out = outstanding(world);
  const one = out[step.permit % Math.max(1, out.length)];
  if (one === undefined) return [];
  const result = (['success', 'success', 'failure', null, null] as const)[step.result] ?? null;
  const report: TrialReport = { permit: one.permit, result, returned: step.returned };
  const outcomes: BackendOutcomes = {
    pool: one.pool,
    backend: one.backend,
    generation: one.generation,
    successes: 0,
    failures: {},
    trials: [report],
  };
  return [{ type: 'RecordOutcomes', worker: one.worker + (step.liar ? 1 : 0), outcomes: [outcomes] }];
}

export interface Outstanding {
  readonly pool: PoolId;
  readonly backend: BackendId;
  readonly generation: number;
  readonly permit: number;
  readonly worker: number;
}

/** All permits that the world says are out. */
export function outstanding(world: World): readonly Outstanding[] {
  return [...world.observations.pools].flatMap(([pool, backends]) =>
    [...backends].flatMap(([backend, seen]) =>
      (seen.trials?.permits ?? []).map(({ permit, worker }) => ({
        pool,
        backend,
        generation: seen.generation,
        permit,
        worker,
      })),
    ),
  );
}
