/**
 * Lives random steps (`random-steps.ts`): makes each into commands against the world as it is by then, decides them
 * with the real domain, and shows every decision to the test.
 */
import { driftOf } from '../../control-plane/domain/drift.js';
import type { Command, CommandBody } from '../../control-plane/domain/commands.js';
import { decide } from '../../control-plane/domain/decide.js';
import type { Decision, World } from '../../control-plane/domain/decision.js';
import { nextDeadline } from '../../control-plane/domain/deadline.js';
import type { BackendState } from '../../control-plane/domain/state.js';
import { poolId, type BackendId, type PoolId } from '../../shared/ids.js';
import {
  FAILURE_REASONS,
  type FailureCause,
  type BackendOutcomes,
  type FailureReason,
  type TrialReport,
} from '../../shared/outcome.js';
import type { ConfigDocument } from '../../shared/settings.js';
import { breaker, definition, EMPTY_WORLD, healthCheck, START } from './domain.js';
import { BACKENDS, POOLS, type Step } from './random-steps.js';
import type { WorkerId } from '../../control-plane/domain/worker-id.js';
import { worker } from './workers.js';

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

/** The commands that a step means in this world. */
export function commandsOf(step: Step, world: World, at: number): readonly CommandBody[] {
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
    case 'reset': {
      const drifts = driftOf(world.state);
      const drift = drifts[(step.place ?? 0) % Math.max(1, drifts.length)];
      const places = step.place === null || drift === undefined ? 'all' : [drift];
      return [{ type: 'ResetConfig', places, expectedVersion: null }];
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
    case 'flush':
      return [{ type: 'FlushSessions', pool: poolId(POOLS[step.pool] ?? 'nowhere') }];
    case 'check':
    case 'report':
    case 'trial':
      return observed(step, world, at);
  }
}

function applied(document: ConfigDocument, sha256: string): CommandBody {
  return { type: 'ApplyConfig', file: 'tidegate.yaml', sha256, document };
}

function certificate(good: boolean): CommandBody {
  return good
    ? { type: 'RecordCertificate', certFile: 'c', fingerprint: 'f', subject: 's', notAfter: 1 }
    : { type: 'RejectCertificate', certFile: 'c', problem: 'expired' };
}

function workerCommand(n: number, what: number): CommandBody {
  const one = { worker: worker(n), pid: n + 10 };
  if (what === 0) return { type: 'RecordWorkerStarted', ...one };
  if (what <= 3) return { type: 'RecordWorkerReady', worker: one.worker };
  return { type: 'RecordWorkerExited', ...one, reason: 'SIGKILL', expected: false };
}

function operatorCommands(
  step: Extract<Step, { kind: 'add' | 'remove' | 'change' | 'settings' | 'toggle' }>,
  world: World,
): readonly CommandBody[] {
  if (step.kind === 'add' || step.kind === 'settings') {
    const pool = poolId(POOLS[step.pool] ?? 'nowhere');
    const expectedVersion = null;
    if (step.kind === 'settings') {
      return [{ type: 'ChangePool', pool, settings: step.settings, expectedVersion }];
    }
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
  const maxConnections = step.limit === 0 ? null : step.limit;
  const change = {
    changes: { weight: step.weight, maxConnections },
    ...(admin === undefined ? {} : { admin }),
  };
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
      const name = step.target % 4 === 0 ? { address: '10.0.0.1', resolved: [`10.0.0.${step.times}`] } : {};
      const result = step.passed
        ? { at, passed: true, durationMs: 2, status: 200, ...name }
        : { at, passed: false, durationMs: 2, error: 'refused', ...name };
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
          worker: worker(step.worker),
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
      ...(part.target % 3 === 0 ? { resolved: [`10.0.0.${part.reason}`] } : {}),
    },
  ];
}

/** Word on one of the permits that are out; from the wrong worker if it is a lie. */
function trialOf(step: Extract<Step, { kind: 'trial' }>, world: World): readonly CommandBody[] {
  const out = outstanding(world);
  const one = out[step.permit % Math.max(1, out.length)];
  if (one === undefined) return [];
  const result = (['success', 'success', 'failure', null, null] as const)[step.result] ?? null;
  const cause: Partial<FailureCause> =
    result === 'failure' && step.permit % 2 === 0 ? { reason: 'status', status: 503 } : {};
  const report: TrialReport = { permit: one.permit, result, returned: step.returned, ...cause };
  const outcomes: BackendOutcomes = {
    pool: one.pool,
    backend: one.backend,
    generation: one.generation,
    successes: 0,
    failures: {},
    trials: [report],
  };
  return [{ type: 'RecordOutcomes', worker: step.liar ? liarFor(one) : one.worker, outcomes: [outcomes] }];
}

/** The next worker, or the one of the same number on another host. */
function liarFor({ permit, worker: { host, n } }: Outstanding): WorkerId {
  return permit % 2 === 0 ? { host, n: n + 1 } : { host: 'lb-2', n };
}

export interface Outstanding {
  readonly pool: PoolId;
  readonly backend: BackendId;
  readonly generation: number;
  readonly permit: number;
  readonly worker: WorkerId;
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
