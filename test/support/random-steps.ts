/**
 * Arbitrary steps of the domain's life for property tests: configurations, operators, checks, traffic, workers that hold
 * and return permits (and lie about them), restarts, and time in small and large steps. Drawn without knowledge of the
 * world (`random-history.ts` makes them into commands against it), so that shrinking keeps them meaningful.
 */
import fc from 'fast-check';
import { poolId } from '../../shared/ids.js';
import type { ConfigDocument, PoolDefinition, PoolSettings } from '../../shared/settings.js';
import { breaker, definition, forwarding, healthCheck, poolSettings } from './domain.js';

export const POOLS = ['p', 'q', 'r'] as const;
export const BACKENDS = ['a', 'b', 'c', 'd'] as const;

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
      /** 0: none of its own. */
      readonly limit: number;
      readonly admin: number;
      readonly stale: boolean;
    }
  | { readonly kind: 'settings'; readonly pool: number; readonly settings: PoolSettings }
  /** `place`: the one of the differences that goes back; `null`: all do. */
  | { readonly kind: 'reset'; readonly place: number | null }
  | { readonly kind: 'toggle'; readonly pool: number; readonly what: 'healthCheck' | 'breaker' }
  | { readonly kind: 'flush'; readonly pool: number }
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

/** Settings that are not drawn have their defaults. */
export const anySettings: fc.Arbitrary<PoolSettings> = fc
  .record(
    {
      algorithm: fc.constantFrom('round-robin' as const, 'random' as const),
      healthCheck: fc.option(
        fc
          .record({
            failureThreshold: fc.integer({ min: 1, max: 4 }),
            successThreshold: fc.integer({ min: 1, max: 3 }),
            fastIntervalMs: fc.constantFrom(10, 500, 2_000),
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
            resetTimeoutMs: fc.constantFrom(100, 1_000, 5_000),
            maxResetTimeoutMs: fc.constantFrom(5_000, 20_000),
            halfOpenLimit: fc.integer({ min: 1, max: 3 }),
            halfOpenSuccesses: fc.integer({ min: 1, max: 4 }),
            maxEjectionPercent: fc.constantFrom(0, 34, 50, 100),
          })
          .map((over) => breaker(over)),
        { freq: 6 },
      ),
      sticky: fc.constantFrom(null, {
        type: 'cookie' as const,
        cookieName: 'session',
        idleTimeoutMs: 60_000,
        absoluteTimeoutMs: 600_000,
      }),
      maxConnections: fc.integer({ min: 1, max: 3 }),
      queue: fc.record({ maxPending: small, timeoutMs: fc.constantFrom(1, 5_000) }),
      timeouts: fc.record({ responseHeadMs: fc.constantFrom(100, 60_000), connectMs: fc.constant(50) }),
      retry: fc.record({ attempts: fc.integer({ min: 1, max: 2 }) }, { requiredKeys: [] }),
    },
    { requiredKeys: ['algorithm', 'healthCheck', 'breaker', 'sticky', 'queue'] },
  )
  .map((over) => poolSettings(over));

const anyPool = (name: string): fc.Arbitrary<PoolDefinition> =>
  fc.record({
    id: fc.constant(poolId(name)),
    settings: anySettings,
    backends: fc.subarray([...BACKENDS]).chain((names) =>
      fc.tuple(
        ...names.map((one) =>
          fc
            .record(
              {
                port: fc.constantFrom(8080, 8080, 8081),
                weight: fc.integer({ min: 0, max: 3 }),
                maxConnections: fc.integer({ min: 1, max: 3 }),
              },
              { requiredKeys: ['port', 'weight'] },
            )
            .map(({ port, ...own }) =>
              definition(one, { ...own, address: { protocol: 'http', host: `${one}.test`, port } }),
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
      limit: small,
      admin: small,
      stale: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('settings' as const), pool: small, settings: anySettings }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), place: fc.option(small) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('toggle' as const),
      pool: small,
      what: fc.constantFrom('breaker' as const, 'breaker' as const, 'healthCheck' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('flush' as const), pool: small }) },
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
