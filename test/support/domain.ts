/** Arranges the domain: settings with every default filled in, and a world that commands are sent to in turn. */
import type { Actor } from '../../control-plane/domain/actor.js';
import type { Command, CommandBody } from '../../control-plane/domain/commands.js';
import { decide } from '../../control-plane/domain/decide.js';
import type { Decision, World } from '../../control-plane/domain/decision.js';
import type { EventType, TidegateEvent } from '../../control-plane/domain/events.js';
import type { CheckResult } from '../../control-plane/domain/evidence.js';
import { initialObservations } from '../../control-plane/domain/observations.js';
import { initialState, type BackendState, type PoolState } from '../../control-plane/domain/state.js';
import { backendId, poolId, type BackendId, type PoolId } from '../../shared/ids.js';
import { defaultsOf } from '../../shared/settings/complete.js';
import { limits, retry, timeouts } from '../../shared/settings/forwarding.js';
import { healthCheck as healthCheckSection } from '../../shared/settings/health-check.js';
import { breaker as breakerSection, pool } from '../../shared/settings/pool.js';
import type { BackendOutcomes, TrialReport } from '../../shared/outcome.js';
import type {
  BackendDefinition,
  BreakerSettings,
  ConfigDocument,
  ForwardingSettings,
  HealthCheckSettings,
  PoolSettings,
  Route,
} from '../../shared/settings.js';
import { worker } from './workers.js';

export const POOL: PoolId = poolId('default');
/** A time to begin at that is not special: 2026-01-01T00:00:00Z. */
export const START = 1_767_225_600_000;

export function healthCheck(over: Partial<HealthCheckSettings> = {}): HealthCheckSettings {
  return {
    ...defaultsOf(healthCheckSection),
    path: '/health',
    fastIntervalMs: 2_000,
    expect: { status: [{ from: 200, to: 399 }] },
    ...over,
  };
}

export function breaker(over: Partial<BreakerSettings> = {}): BreakerSettings {
  return { ...defaultsOf(breakerSection), ...over };
}

export function poolSettings(over: Partial<PoolSettings> = {}): PoolSettings {
  return { ...defaultsOf(pool), breaker: null, ...over };
}

export function forwarding(over: Partial<ForwardingSettings> = {}): ForwardingSettings {
  return {
    retry: { ...defaultsOf(retry), attempts: 2, perTryTimeoutMs: 5_000, budgetMin: 3 },
    timeouts: defaultsOf(timeouts),
    limits: defaultsOf(limits),
    trustedProxies: [],
    metricsPath: '/metrics',
    accessLogRatio: 1,
    ...over,
  };
}

export function definition(id: string, over: Partial<Omit<BackendDefinition, 'id'>> = {}): BackendDefinition {
  return {
    id: backendId(id),
    address: { protocol: 'http', host: `${id}.test`, port: 8080 },
    weight: 1,
    ...over,
  };
}

/** A document with one pool named `default` and a route that leads everything to it. */
export function documentOf(
  settings: PoolSettings,
  backends: readonly BackendDefinition[],
  routes: readonly Route[] = [{ host: null, pathPrefix: '/', pool: POOL }],
): ConfigDocument {
  return { forwarding: forwarding(), pools: [{ id: POOL, settings, backends }], routes };
}

export const EMPTY_WORLD: World = { state: initialState(), observations: initialObservations() };

const SOMEBODY: Actor = { kind: 'api', name: 'test' };

/** A world that commands are sent to, one after the other. Time stands still unless it is moved. */
export class Story {
  world: World = EMPTY_WORLD;
  at = START;
  readonly commands: Command[] = [];
  readonly events: TidegateEvent[] = [];
  #id = 0;

  /** Decides a command and goes on from its world. Answers its decision. */
  send(body: CommandBody, stamp: { readonly seed?: number; readonly actor?: Actor } = {}): Decision {
    this.#id += 1;
    const command: Command = {
      ...body,
      id: this.#id,
      at: this.at,
      seed: stamp.seed ?? this.#id * 7_919,
      actor: stamp.actor ?? SOMEBODY,
    };
    this.commands.push(command);
    const decision = decide(command, this.world);
    if (decision.kind === 'accepted') {
      this.world = decision.world;
      this.events.push(...decision.events);
    }
    return decision;
  }

  /** Sends a command that must be accepted; answers its events. */
  when(
    body: CommandBody,
    stamp: { readonly seed?: number; readonly actor?: Actor } = {},
  ): readonly TidegateEvent[] {
    const decision = this.send(body, stamp);
    if (decision.kind === 'rejected') throw new Error(`rejected: ${decision.rejection.message}`);
    return decision.events;
  }

  apply(document: ConfigDocument, sha256 = JSON.stringify(document)): readonly TidegateEvent[] {
    return this.when({ type: 'ApplyConfig', file: 'tidegate.yaml', sha256, document });
  }

  pool(id: PoolId = POOL): PoolState {
    const pool = this.world.state.pools.get(id);
    if (pool === undefined) throw new Error(`no pool ${id}`);
    return pool;
  }

  backend(id: string, pool: PoolId = POOL): BackendState {
    const backend = this.pool(pool).backends.get(backendId(id));
    if (backend === undefined) throw new Error(`no backend ${id}`);
    return backend;
  }

  /** @param more what a failed check failed by, or what else a check has seen */
  check(
    id: string,
    passed: boolean,
    more: string | Partial<CheckResult> = 'refused',
  ): readonly TidegateEvent[] {
    const { at } = this;
    const seen = typeof more === 'string' ? (passed ? {} : { error: more }) : more;
    const result = { at, passed, durationMs: 3, ...(passed ? { status: 200 } : {}), ...seen };
    const { generation } = this.backend(id);
    return this.when({ type: 'RecordHealthCheck', pool: POOL, backend: backendId(id), generation, result });
  }

  /** A report of worker 1 (or another) on one backend. */
  report(id: string, outcomes: Partial<BackendOutcomes>, n = 1): readonly TidegateEvent[] {
    const { generation } = this.backend(id);
    const full: BackendOutcomes = {
      pool: POOL,
      backend: backendId(id),
      generation,
      successes: 0,
      failures: {},
      trials: [],
      ...outcomes,
    };
    return this.when({ type: 'RecordOutcomes', worker: worker(n), outcomes: [full] });
  }

  trial(
    id: string,
    report: Partial<TrialReport> & { readonly permit: number },
    n = 1,
  ): readonly TidegateEvent[] {
    return this.report(id, { trials: [{ result: null, returned: false, ...report }] }, n);
  }

  /** Lets time pass and says so. */
  advance(ms: number): readonly TidegateEvent[] {
    this.at += ms;
    return this.when({ type: 'AdvanceTime' });
  }
}

export function story(): Story {
  return new Story();
}

/** A started primary with this document applied and these workers ready. */
export function storyOf(document: ConfigDocument, workers: readonly number[] = [1]): Story {
  const told = new Story();
  told.when({ type: 'StartPrimary', version: '0.1.0', pid: 100 });
  told.apply(document);
  for (const n of workers) told.when({ type: 'RecordWorkerReady', worker: worker(n) });
  return told;
}

export function typesOf(events: readonly TidegateEvent[]): readonly EventType[] {
  return events.map((event) => event.type);
}

/** The only event of a type among these. */
export function only<T extends EventType>(
  events: readonly TidegateEvent[],
  type: T,
): Extract<TidegateEvent, { type: T }> {
  const found = events.filter((event): event is Extract<TidegateEvent, { type: T }> => event.type === type);
  const first = found[0];
  if (found.length !== 1 || first === undefined) throw new Error(`${found.length} events ${type}`);
  return first;
}

export function ids(names: readonly string[]): readonly BackendId[] {
  return names.map(backendId);
}
