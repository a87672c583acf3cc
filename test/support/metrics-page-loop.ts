/**
 * A program of its own, run by `test/long/metrics-of-many-backends.long.ts`: makes the metrics page of 10,000 backends
 * again and again, and prints for each page, as JSON, how long its longest turn of the event loop was. Counted in
 * processor time of the thread, which other programs of the machine do not lengthen, and beside it as the loop's delay.
 */
import { poolSettings } from './domain.js';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { restoreState } from '../../control-plane/domain/serialize.js';
import { initialObservations } from '../../control-plane/domain/observations.js';
import { initialState, type BackendState } from '../../control-plane/domain/state.js';
import type { GaugeDeps } from '../../control-plane/metrics/gauges.js';
import { PrimaryCounters } from '../../control-plane/metrics/primary-counters.js';
import { createMetricsRegistry } from '../../control-plane/metrics/registry.js';
import { MetricTotals } from '../../control-plane/metrics/totals.js';
import { backendId, poolId } from '../../shared/ids.js';
import { noSessions } from './no-sessions.js';

const WEB = poolId('web');
const BACKENDS = 10_000;
const PAGES = 10;

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function manyBackends() {
  const backends = Array.from({ length: BACKENDS }, (_, i): BackendState => ({
    id: backendId(`backend-of-web-${i}`),
    address: { protocol: 'http', host: '127.0.0.1', port: 8081 },
    weight: 1,
    generation: 1,
    origin: 'file',
    admin: 'ready',
    health: 'healthy',
    healthSince: 0,
    breaker: { phase: 'closed', openings: 0, since: 0 },
  }));
  const settings = poolSettings();
  const pool = {
    id: WEB,
    version: 7,
    settings,
    panic: false,
    tripped: new Set<never>(),
    tally: { ready: BACKENDS, available: BACKENDS, ejected: 0 },
    backends: backends.map((each) => [each.id, each] as const),
  };
  return restoreState({ ...initialState(), seq: 7, epoch: 2, pools: [[WEB, pool]] });
}

async function measure(): Promise<void> {
  const state = manyBackends();
  const totals = new MetricTotals();
  const counters = new PrimaryCounters(totals);
  for (const { id } of state.pools.get(WEB)?.backends.values() ?? []) {
    counters.healthCheck(WEB, id, true, 3);
    for (const outcome of ['success', 'failure']) totals.series('backendRequests', [WEB, id, outcome]);
  }
  const source: GaugeDeps = {
    role: 'serve',
    version: '0.1.0',
    world: () => ({ state, observations: initialObservations() }),
    position: () => ({ epoch: 2, version: 41 }),
    workers: () => [],
    activeRequests: () => 5,
    sessions: { ...noSessions, count: () => 8 },
    waitingRequests: () => 3,
    checkLag: () => ({ waiting: 0, lateMs: 0, behind: false }),
    storage: () => ({ ok: true, since: null, problem: null, unstoredEvents: 0, lostEvents: 0 }),
    mailboxDepth: () => 1,
    fleet: () => null,
  };
  const turns: number[] = [];
  let began = 0;
  const registry = createMetricsRegistry(totals, source, async () => {
    turns.push(threadMs() - began);
    await nextTurn();
    began = threadMs();
  });
  const pages: { readonly turnMs: number; readonly delayMs: number; readonly bytes: number }[] = [];
  for (let page = 0; page < PAGES; page += 1) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    turns.length = 0;
    began = threadMs();
    const { body } = await registry.render(0);
    turns.push(threadMs() - began);
    delay.disable();
    pages.push({ turnMs: Math.max(...turns), delayMs: delay.max / 1_000_000, bytes: body.length });
  }
  process.stdout.write(JSON.stringify(pages));
}

await measure();
