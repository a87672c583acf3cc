import type { Role } from '../../../../shared/role.js';
import { poolSettings } from '../../../support/domain.js';
import { spawnSync } from 'node:child_process';
import { PrimaryCounters } from '../../../../control-plane/metrics/primary-counters.js';
import { createMetricsRegistry, SLICE_LINES } from '../../../../control-plane/metrics/registry.js';
import { MetricTotals } from '../../../../control-plane/metrics/totals.js';
import { WorkerDeltas } from '../../../../control-plane/metrics/worker-deltas.js';
import type { GaugeDeps } from '../../../../control-plane/metrics/gauges.js';
import { configuredIn } from '../../../../control-plane/metrics/label-rules.js';
import type { TidegateEvent } from '../../../../control-plane/domain/events.js';
import { initialObservations } from '../../../../control-plane/domain/observations.js';
import { restoreState } from '../../../../control-plane/domain/serialize.js';
import {
  initialState,
  type BackendState,
  type ControlState,
} from '../../../../control-plane/domain/state.js';
import { backendId, poolId } from '../../../../shared/ids.js';
import { DURATION_BUCKETS } from '../../../../shared/metric.js';
import { emptyPool } from '../../../../control-plane/domain/pool-state.js';
import { deltaArranger } from '../../../support/metrics-deltas.js';
import { parsePrometheusText } from '../../../support/prometheus-text.js';
import { METRICS } from '../../../../control-plane/metrics/catalogue.js';
import { worker } from '../../../support/workers.js';
import { seenHost, testFleet, type TestFleet } from '../../../support/fleet/host-views.js';
import { noSessions } from '../../../support/no-sessions.js';

const WEB = poolId('web');

function backend(id: string, change: Partial<BackendState> = {}): BackendState {
  return {
    id: backendId(id),
    address: { protocol: 'http', host: '127.0.0.1', port: 8081 },
    weight: 1,
    generation: 1,
    origin: 'file',
    admin: 'ready',
    health: 'healthy',
    healthSince: 0,
    breaker: { phase: 'closed', openings: 0, since: 0 },
    ...change,
  };
}

function stateWith(...backends: BackendState[]): ControlState {
  const settings = poolSettings();
  const pool = {
    id: WEB,
    version: 7,
    settings,
    panic: false,
    tripped: new Set<never>(),
    tally: emptyPool(WEB, settings, 7).tally,
    backends: backends.map((each) => [each.id, each] as const),
  };
  return restoreState({ ...initialState(), seq: 7, epoch: 2, pools: [[WEB, pool]] });
}

function arrange() {
  const running = {
    state: stateWith(backend('a'), backend('b', { weight: 3 })),
    version: '0.1.0',
    role: 'serve' as Role,
    fleet: null as TestFleet | null,
  };
  const source: GaugeDeps = {
    get role() {
      return running.role;
    },
    get version() {
      return running.version;
    },
    world: () => ({ state: running.state, observations: initialObservations() }),
    position: () => ({ epoch: 2, version: 41 }),
    workers: () => [
      {
        worker: 3,
        index: 0,
        pid: 99,
        phase: 'ready',
        startedAt: 0,
        restarts: 0,
        applied: { epoch: 2, version: 40 },
        lastNack: null,
        lastHeardAt: 0,
        connections: 12,
        redisGuarded: true,
      },
    ],
    activeRequests: (_pool, id) => (id === 'a' ? 5 : 0),
    sessions: { ...noSessions, count: () => 8 },
    waitingRequests: () => 3,
    checkLag: () => ({ waiting: 7, lateMs: 1_500, behind: true }),
    storage: () => ({ ok: false, since: 1, problem: 'disk full', unstoredEvents: 3, lostEvents: 0 }),
    mailboxDepth: () => 1,
    fleet: () => running.fleet,
  };
  const totals = new MetricTotals();
  const deltas = new WorkerDeltas(totals);
  const counters = new PrimaryCounters(totals);
  const registry = createMetricsRegistry(totals, source);
  const scrape = async (at = 0) => parsePrometheusText((await registry.render(at)).body);
  const send = (worker: number, delta: Parameters<WorkerDeltas['apply']>[1]) =>
    deltas.apply(worker, delta, configuredIn(running.state));
  return { running, source, totals, deltas, counters, registry, scrape, send };
}

function event(body: Pick<TidegateEvent, 'type' | 'data'>): TidegateEvent {
  return {
    epoch: 1,
    seq: 1,
    at: 5_000,
    schema: 1,
    pool: WEB,
    backend: backendId('a'),
    actor: { kind: 'clock' },
    cause: { command: 'AdvanceTime', id: 1 },
    ...body,
  } as TidegateEvent;
}

describe('the metrics page of 10,000 backends', () => {
  it('is made in slices of bounded size, and says the same', async () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `b${i}`);
    const { running, source, totals, counters } = arrange();
    running.state = stateWith(...names.map((name) => backend(name)));
    for (const name of names) counters.healthCheck(WEB, backendId(name), true, 3);
    totals.add('requests', ['web', 'GET', '200'], 1);
    for (const code of ['2xx', '5xx']) {
      for (let i = 0; i < 400; i += 1) totals.series('requestDuration', [`p${i}`, code]);
    }
    const slices: number[] = [];
    const registry = createMetricsRegistry(totals, source, async (lines) => {
      slices.push(lines);
      await Promise.resolve();
    });
    const { body } = await registry.render(0);
    const lines = body.split('\n').length;
    const seriesLines = DURATION_BUCKETS.length + 3;
    expect(Math.max(...slices)).toBeLessThan(2 * SLICE_LINES + seriesLines);
    expect(slices.length).toBeGreaterThan(lines / (2 * SLICE_LINES));
    expect(body.match(/^# TYPE tidegate_backend_up gauge$/gm)).toHaveLength(1);
    expect(body).not.toMatch(/\n\n\n|\n\n[^#]/);
    const page = parsePrometheusText(body);
    for (const name of ['b0', 'b5000', 'b9999']) {
      expect(page.value('tidegate_backend_up', { pool: 'web', backend: name })).toBe(1);
    }
  });
});

describe('the metrics page', () => {
  it('names its type as Prometheus 3 wants it', async () => {
    const page = await arrange().registry.render(0);
    expect(page.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('declares every metric of the catalogue with its type', async () => {
    const { types } = await arrange().scrape();
    expect(new Map(Object.values(METRICS).map((each) => [each.name, each.type]))).toEqual(types);
  });

  it('shows what workers counted, and never less after one died', async () => {
    const { send, deltas, scrape } = arrange();
    const labels = { pool: 'web', method: 'GET', code: '200' };
    const request = { metric: 'requests', labels: ['web', 'GET', '200'] };
    send(1, deltaArranger().delta({ ...request, by: 2 }));
    send(2, deltaArranger().delta({ ...request, by: 3 }));
    expect((await scrape()).value('tidegate_requests_total', labels)).toBe(5);
    deltas.dropWorker(1);
    expect((await scrape()).value('tidegate_requests_total', labels)).toBe(5);
    send(4, deltaArranger().delta({ ...request, by: 1 }));
    expect((await scrape()).value('tidegate_requests_total', labels)).toBe(6);
  });

  it('shows histograms with cumulative buckets, sum and count', async () => {
    const { send, scrape } = arrange();
    const series = { metric: 'requestDuration', labels: ['web', '2xx'] };
    const last = String(DURATION_BUCKETS.length);
    send(
      1,
      deltaArranger().delta(
        { ...series, part: '0', by: 4 },
        { ...series, part: '5', by: 2 },
        { ...series, part: last, by: 1 },
        { ...series, part: 'sum', by: 31.25 },
        { ...series, part: 'count', by: 7 },
      ),
    );
    const page = await scrape();
    const labels = { pool: 'web', code_class: '2xx' };
    const name = 'tidegate_request_duration_seconds';
    expect(page.samples(`${name}_bucket`).map((sample) => [sample.labels['le'], sample.value])).toEqual([
      ...DURATION_BUCKETS.map((bound, index) => [String(bound), index < 5 ? 4 : 6]),
      ['+Inf', 7],
    ]);
    expect(page.value(`${name}_sum`, labels)).toBe(31.25);
    expect(page.value(`${name}_count`, labels)).toBe(7);
  });

  it('shows a count that agrees with the buckets when workers send no count', async () => {
    const { send, scrape } = arrange();
    const series = { metric: 'requestDuration', labels: ['web', '5xx'] };
    send(1, deltaArranger().delta({ ...series, part: '1', by: 2 }, { ...series, part: '14', by: 1 }));
    const page = await scrape();
    const labels = { pool: 'web', code_class: '5xx' };
    expect(page.value('tidegate_request_duration_seconds_count', labels)).toBe(3);
    expect(page.value('tidegate_request_duration_seconds_bucket', { ...labels, le: '+Inf' })).toBe(3);
    expect(page.value('tidegate_request_duration_seconds_bucket', { ...labels, le: '30' })).toBe(2);
  });

  it('shows the fleet as this host sees it, and all of it where this host leads', async () => {
    const { running, counters, scrape } = arrange();
    const fleet = testFleet();
    running.fleet = fleet;
    fleet.seen = [...fleet.seen!, seenHost('lb-3', { mode: 'autonomous' }), seenHost('lb-4', {}, 30_000)];
    counters.joinsFleet();
    counters.appendUnknown();
    counters.appendUnreplicated();
    counters.appendUnreplicated();
    const page = await scrape();
    const valuesOf = (name: string) =>
      page.samples(`tidegate_${name}`).map(({ labels, value }) => [...Object.values(labels), value]);
    expect(valuesOf('leader')).toEqual([[1]]);
    expect(valuesOf('mode')).toEqual([
      ['following', 1],
      ['autonomous', 0],
    ]);
    expect(valuesOf('fleet_position_seq')).toEqual([[45]]);
    expect(valuesOf('fleet_age_seconds')).toEqual([[0.25]]);
    expect(valuesOf('clock_offset_seconds')).toEqual([[-0.04]]);
    expect(valuesOf('appends_unknown_total')).toEqual([[1]]);
    expect(valuesOf('fleet_appends_unreplicated_total')).toEqual([[2]]);
    expect(valuesOf('fleet_hosts')).toEqual([
      ['following', 2],
      ['autonomous', 1],
      ['silent', 1],
    ]);
    expect(valuesOf('fleet_workers_converged')).toEqual([[1]]);
  });

  it('leaves to the leader what is about all hosts, and shows no age before Redis has answered', async () => {
    const { running, scrape } = arrange();
    const fleet = testFleet();
    running.fleet = fleet;
    fleet.state = { ...fleet.state, leads: false, heardAgoMs: null, clockAheadMs: null, position: null };
    const page = await scrape();
    expect(page.value('tidegate_leader', {})).toBe(0);
    expect(page.value('tidegate_fleet_position_seq', {})).toBe(0);
    for (const name of [
      'fleet_age_seconds',
      'clock_offset_seconds',
      'fleet_hosts',
      'fleet_workers_converged',
    ]) {
      expect(page.samples(`tidegate_${name}`)).toEqual([]);
    }
  });

  it('has nothing of a fleet where there is none', async () => {
    const page = await arrange().scrape();
    for (const name of [
      'leader',
      'mode',
      'fleet_position_seq',
      'fleet_age_seconds',
      'appends_unknown_total',
      'fleet_appends_unreplicated_total',
    ]) {
      expect(page.samples(`tidegate_${name}`)).toEqual([]);
    }
  });

  it('reads gauges from the running system', async () => {
    const { running, scrape } = arrange();
    running.state = stateWith(
      backend('a', { breaker: { phase: 'open', openings: 1, since: 0, until: 9 } }),
      backend('b', { weight: 3, maxConnections: 40 }),
    );
    const page = await scrape();
    const a = { pool: 'web', backend: 'a' };
    expect(page.value('tidegate_backend_up', a)).toBe(0);
    expect(page.value('tidegate_backend_up', { pool: 'web', backend: 'b' })).toBe(1);
    expect(page.value('tidegate_backend_availability', { ...a, availability: 'ejected' })).toBe(1);
    expect(page.value('tidegate_backend_availability', { ...a, availability: 'available' })).toBe(0);
    expect(page.value('tidegate_breaker_state', { ...a, state: 'open' })).toBe(1);
    expect(page.value('tidegate_breaker_state', { ...a, state: 'half-open' })).toBe(0);
    expect(page.value('tidegate_backend_weight', { pool: 'web', backend: 'b' })).toBe(3);
    expect(page.value('tidegate_backend_active_connections', a)).toBe(5);
    expect(page.value('tidegate_backend_max_connections', { pool: 'web', backend: 'b' })).toBe(40);
    expect(page.value('tidegate_backend_max_connections', a)).toBeUndefined();
    expect(page.value('tidegate_pool_pending_requests', { pool: 'web' })).toBe(3);
    expect(page.value('tidegate_pool_panic', { pool: 'web' })).toBe(0);
    expect(page.value('tidegate_sticky_sessions', { pool: 'web' })).toBe(8);
    expect(page.value('tidegate_event_log_seq')).toBe(7);
    expect(page.value('tidegate_snapshot_version')).toBe(41);
    expect(page.value('tidegate_snapshot_epoch')).toBe(2);
    expect(page.value('tidegate_snapshot_applied_version', { worker: '3' })).toBe(40);
    expect(page.value('tidegate_workers', { state: 'ready' })).toBe(1);
    expect(page.value('tidegate_workers', { state: 'starting' })).toBe(0);
    expect(page.value('tidegate_worker_connections', { worker: '3' })).toBe(12);
    expect(page.value('tidegate_redis_guard_open', { worker: '3' })).toBe(1);
    expect(page.value('tidegate_control_mailbox_depth')).toBe(1);
    expect(page.value('tidegate_health_checks_late_seconds')).toBe(1.5);
    expect(page.value('tidegate_health_checks_waiting')).toBe(7);
    expect(page.value('tidegate_build_info', { version: '0.1.0', node: process.version })).toBe(1);
  });

  it('has no gauges of backends where no backends are judged', async () => {
    const { running, scrape } = arrange();
    running.role = 'control';
    const page = await scrape();
    expect(page.value('tidegate_backend_up', { pool: 'web', backend: 'a' })).toBeUndefined();
    expect(page.value('tidegate_event_log_seq')).toBe(7);
  });

  it('drops the gauges of a removed backend at once, and keeps its counters', async () => {
    const { running, scrape, send, counters } = arrange();
    send(1, deltaArranger().delta({ metric: 'backendRequests', labels: ['web', 'a', '2xx'], by: 1 }));
    counters.healthCheck(WEB, backendId('a'), true, 20);
    running.state = stateWith(backend('b'));
    const page = await scrape();
    expect(page.samples('tidegate_backend_up').map((sample) => sample.labels['backend'])).toEqual(['b']);
    expect(page.samples('tidegate_health_check_duration_seconds')).toEqual([]);
    expect(page.samples('tidegate_backend_requests_total')).toHaveLength(1);
    expect(page.samples('tidegate_health_checks_total')).toHaveLength(1);
  });

  it('counts events, breaker transitions and unasked ends of workers', async () => {
    const { counters, scrape } = arrange();
    const exited = (reason: string, expected: boolean) =>
      event({ type: 'WorkerExited', data: { worker: 1, pid: 2, reason, expected } });
    const evidence = { kind: 'trial-failed', worker: worker(1) } as const;
    counters.appended([
      event({ type: 'BreakerOpened', data: { from: 'closed', openings: 1, until: 9, evidence } }),
      event({ type: 'BreakerHalfOpened', data: { openedAt: 1, limit: 3 } }),
      event({ type: 'BreakerClosed', data: { from: 'half-open', cause: 'trials', successes: 3 } }),
      exited('killed by SIGKILL', false),
      exited('exit code 1', false),
      exited('it just went', false),
      exited('asked to stop', true),
    ]);
    const page = await scrape();
    const a = { pool: 'web', backend: 'a' };
    for (const state of ['open', 'half-open', 'closed']) {
      expect(page.value('tidegate_breaker_transitions_total', { ...a, state })).toBe(1);
    }
    expect(page.value('tidegate_control_events_total', { type: 'WorkerExited' })).toBe(4);
    expect(page.value('tidegate_worker_restarts_total', { reason: 'SIGKILL' })).toBe(1);
    expect(page.value('tidegate_worker_restarts_total', { reason: 'exit' })).toBe(1);
    expect(page.value('tidegate_worker_restarts_total', { reason: 'other' })).toBe(1);
  });

  it('tells how the last load of the configuration and of the certificate went', async () => {
    const { counters, scrape } = arrange();
    counters.configLoaded(60_000, true);
    counters.appended([
      event({
        type: 'CertificateLoaded',
        data: { certFile: 'c', fingerprint: 'f', subject: 's', notAfter: 90_000 },
      }),
    ]);
    let page = await scrape();
    expect(page.value('tidegate_config_last_reload_successful')).toBe(1);
    expect(page.value('tidegate_config_last_reload_timestamp_seconds')).toBe(60);
    expect(page.value('tidegate_certificate_not_after_timestamp_seconds')).toBe(90);
    counters.appended([event({ type: 'ConfigRejected', data: { file: 'f', problems: [] } })]);
    page = await scrape();
    expect(page.value('tidegate_config_last_reload_successful')).toBe(0);
    expect(page.value('tidegate_config_last_reload_timestamp_seconds')).toBe(5);
    const document = { forwarding: {}, pools: [], routes: [] };
    counters.appended([
      event({
        type: 'ConfigApplied',
        data: { file: 'f', sha256: 'x', document } as never,
      }),
    ]);
    expect((await scrape()).value('tidegate_config_last_reload_successful')).toBe(1);
  });

  it('counts what the runtime tells it', async () => {
    const { counters, scrape } = arrange();
    counters.snapshotRefused();
    counters.commandDropped('RecordOutcomes');
    counters.healthCheck(WEB, backendId('b'), false, 1_500);
    const page = await scrape();
    expect(page.value('tidegate_snapshot_nacks_total')).toBe(1);
    expect(page.value('tidegate_control_commands_dropped_total', { type: 'RecordOutcomes' })).toBe(1);
    expect(page.value('tidegate_health_checks_total', { pool: 'web', backend: 'b', result: 'failed' })).toBe(
      1,
    );
    expect(page.value('tidegate_health_check_duration_seconds', { pool: 'web', backend: 'b' })).toBe(1.5);
  });

  it('escapes what stands in label values', async () => {
    const { running, scrape } = arrange();
    running.version = 'a"b\\c\nd';
    const version = running.version;
    expect((await scrape()).value('tidegate_build_info', { version, node: process.version })).toBe(1);
  });

  it('is accepted by promtool, where that is installed', async () => {
    const { registry, send } = arrange();
    const series = { metric: 'requestDuration', labels: ['web', '2xx'] };
    send(1, deltaArranger().delta({ ...series, part: '3', by: 4 }, { ...series, part: 'sum', by: 1.5 }));
    const { body } = await registry.render(0);
    const promtool = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
    if (promtool.error === undefined) {
      expect({ status: promtool.status, stderr: promtool.stderr, stdout: promtool.stdout }).toEqual({
        status: 0,
        stderr: '',
        stdout: '',
      });
    } else {
      expect(() => parsePrometheusText(body)).not.toThrow();
    }
  });
});
