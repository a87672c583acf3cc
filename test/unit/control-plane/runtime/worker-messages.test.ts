import { Broadcaster } from '../../../../control-plane/broadcast/broadcaster.js';
import { WorkerLoads } from '../../../../control-plane/broadcast/worker-loads.js';
import type { CommandDraft } from '../../../../control-plane/domain/commands.js';
import { initialState } from '../../../../control-plane/domain/state.js';
import { PrimaryCounters } from '../../../../control-plane/metrics/primary-counters.js';
import { MetricTotals } from '../../../../control-plane/metrics/totals.js';
import { WorkerDeltas } from '../../../../control-plane/metrics/worker-deltas.js';
import { createSessionTable } from '../../../../control-plane/sessions/session-table.js';
import { COLLECT_LIMIT_MS, WorkerMessages } from '../../../../control-plane/runtime/worker-messages.js';
import { backendId, poolId } from '../../../../shared/ids.js';
import type { PrimaryMessage, Report, SessionOperation, SessionRequest } from '../../../../shared/message.js';
import { START } from '../../../support/domain.js';
import { silence } from '../../../support/silence.js';
import { snapshotOf } from '../../../support/snapshot-of.js';
import { VirtualTime } from '../../../support/virtual-time.js';
import { HOST, worker } from '../../../support/workers.js';

function publish(broadcaster: Broadcaster, version: number): void {
  broadcaster.publish({ epoch: 1, version }, () => snapshotOf([], {}, { version }));
}

const pool = poolId('web');
const [a, b] = [backendId('a'), backendId('b')];
const SESSION = 'AAAAAAAAAAAAAAAAAAAAAA';

function arranged() {
  const time = new VirtualTime(START);
  const totals = new MetricTotals();
  const broadcaster = new Broadcaster();
  const loads = new WorkerLoads();
  const recorded: CommandDraft[] = [];
  const sent: (readonly [worker: number, message: PrimaryMessage])[] = [];
  const said: string[] = [];
  const surroundings = { ready: [1, 2] as readonly number[], metricsFail: false };
  const workerMessages = new WorkerMessages({
    host: HOST,
    record: (draft) => recorded.push(draft),
    state: initialState,
    broadcaster,
    loads,
    sessions: createSessionTable(time, 100),
    deltas: new WorkerDeltas(totals),
    counters: new PrimaryCounters(totals),
    metricsPage: async () => {
      if (surroundings.metricsFail) throw new Error('told to fail');
      return { contentType: 'text/plain', body: 'page' };
    },
    send: (worker, message) => sent.push([worker, message]),
    readyWorkers: () => surroundings.ready,
    onReady: (port) => said.push(`ready on ${port}`),
    onListenFailed: (code, message) => said.push(`${code}: ${message}`),
    timers: time,
    logger: silence,
  });
  const pass = (ms: number): Promise<void> => time.pass(ms, () => undefined);
  return { workerMessages, broadcaster, loads, recorded, sent, said, surroundings, pass };
}

function report(over: Partial<Report>): Report {
  return { type: 'report', outcomes: [], connections: 0, ...over };
}

function asked(operation: SessionOperation, id: number, over: Partial<SessionRequest> = {}): SessionRequest {
  const lifetime = { idleMs: 60_000, remainingMs: 60_000 };
  return { type: 'session', id, operation, pool, session: SESSION, lifetime, ...over };
}

function types(sent: readonly (readonly [number, PrimaryMessage])[]): readonly string[] {
  return sent.map(([worker, { type }]) => `${worker} ${type}`);
}

describe('the life of a worker at the workerMessages', () => {
  it('becomes commands, and calls', () => {
    const { workerMessages, recorded, said } = arranged();
    workerMessages.started(1, 77);
    workerMessages.ready(1, 8080);
    workerMessages.exited(1, 77, 'SIGKILL', false);
    workerMessages.listenFailed(2, 'EADDRINUSE', 'in use');
    expect(recorded).toMatchObject([
      { type: 'RecordWorkerStarted', worker: worker(1), pid: 77 },
      { type: 'RecordWorkerReady', worker: worker(1) },
      { type: 'RecordWorkerExited', worker: worker(1), pid: 77, reason: 'SIGKILL', expected: false },
    ]);
    expect(said).toEqual(['ready on 8080', 'EADDRINUSE: in use']);
  });

  it('brings snapshots from its welcome to its end', () => {
    const { workerMessages, broadcaster, sent } = arranged();
    workerMessages.started(1, 77);
    publish(broadcaster, 1);
    expect(sent).toEqual([]);
    workerMessages.welcomed(1);
    expect(types(sent)).toEqual(['1 snapshot']);
    workerMessages.exited(1, 77, 'SIGKILL', false);
    publish(broadcaster, 2);
    expect(sent).toHaveLength(1);
  });

  it('takes what it had in flight along', () => {
    const { workerMessages, loads } = arranged();
    workerMessages.started(1, 77);
    workerMessages.message(1, report({ active: [{ pool, backend: a, active: 3 }], connections: 9 }));
    expect(loads.active(pool, a)).toBe(3);
    expect(workerMessages.news(1).connections).toBe(9);
    workerMessages.exited(1, 77, 'SIGKILL', false);
    expect(loads.active(pool, a)).toBe(0);
    expect(workerMessages.news(1)).toEqual({
      applied: null,
      lastNack: null,
      connections: 0,
      redisGuarded: null,
    });
  });
});

describe('what workers say', () => {
  it('of outcomes becomes a command; without any there is none', () => {
    const { workerMessages, recorded } = arranged();
    workerMessages.started(1, 77);
    recorded.length = 0;
    const outcomes = [{ pool, backend: a, generation: 1, successes: 1, failures: {}, trials: [] }];
    workerMessages.message(1, report({ outcomes }));
    workerMessages.message(1, report({ connections: 3 }));
    expect(recorded).toEqual([
      { type: 'RecordOutcomes', worker: worker(1), outcomes, actor: { kind: 'traffic' } },
    ]);
  });

  it('of a snapshot, applied or refused, lets the next one follow', () => {
    const { workerMessages, broadcaster, sent } = arranged();
    workerMessages.started(1, 77);
    workerMessages.welcomed(1);
    for (const version of [1, 2]) publish(broadcaster, version);
    workerMessages.message(1, { type: 'nack', epoch: 1, version: 1, reason: 'too odd' });
    expect(workerMessages.news(1)).toMatchObject({ applied: null, lastNack: { reason: 'too odd' } });
    workerMessages.message(1, { type: 'ack', epoch: 1, version: 2 });
    expect(workerMessages.news(1).applied).toEqual({ epoch: 1, version: 2 });
    publish(broadcaster, 3);
    expect(sent.map(([, message]) => 'version' in message && message.version)).toEqual([1, 2, 3]);
  });

  it('of sessions is answered by the store', async () => {
    const { workerMessages, sent, pass } = arranged();
    workerMessages.message(1, asked('lookup', 1));
    await pass(0);
    workerMessages.message(1, asked('bind', 2, { to: a }));
    await pass(0);
    workerMessages.message(2, asked('bind', 3, { to: b }));
    await pass(0);
    workerMessages.message(1, asked('rebind', 4, { from: a, to: b }));
    await pass(0);
    workerMessages.message(2, asked('lookup', 5));
    await pass(0);
    const answers = sent.map(([, message]) => (message.type === 'session-reply' ? message.backend : 'other'));
    expect(answers).toEqual([null, 'a', 'a', 'b', 'b']);
  });

  it('of sessions, incomplete, gets the answer that nothing is known', async () => {
    const { workerMessages, sent, pass } = arranged();
    workerMessages.message(1, asked('bind', 1));
    workerMessages.message(1, asked('rebind', 2, { to: a }));
    await pass(0);
    expect(sent.map(([, message]) => 'backend' in message && message.backend)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('to have the metrics is answered with the page, or not at all', async () => {
    const { workerMessages, sent, surroundings, pass } = arranged();
    workerMessages.message(1, { type: 'metrics-request', id: 7 });
    await pass(0);
    const reply = { type: 'metrics-reply', id: 7, contentType: 'text/plain', body: 'page' };
    expect(sent).toEqual([[1, reply]]);
    surroundings.metricsFail = true;
    workerMessages.message(1, { type: 'metrics-request', id: 8 });
    await pass(0);
    expect(sent).toHaveLength(1);
  });
});

describe('collecting', () => {
  async function collect(workerMessages: WorkerMessages): Promise<{ done: boolean }> {
    const state = { done: false };
    void workerMessages.collect().then(() => (state.done = true));
    return state;
  }

  it('asks all workers and waits for each', async () => {
    const { workerMessages, sent, pass } = arranged();
    const state = await collect(workerMessages);
    await pass(0);
    expect(types(sent)).toEqual(['1 flush', '2 flush']);
    const [first] = sent;
    const id = first?.[1].type === 'flush' ? first[1].id : -1;
    workerMessages.message(1, { type: 'flushed', id });
    workerMessages.message(1, { type: 'flushed', id });
    workerMessages.message(2, { type: 'flushed', id: id + 1 });
    await pass(0);
    expect(state.done).toBe(false);
    workerMessages.message(2, { type: 'flushed', id });
    await pass(0);
    expect(state.done).toBe(true);
  });

  it('does not wait for a worker that ends, nor longer than its limit', async () => {
    const { workerMessages, sent, surroundings, pass } = arranged();
    surroundings.ready = [1];
    const ended = await collect(workerMessages);
    await pass(0);
    workerMessages.exited(1, 77, 'SIGKILL', false);
    await pass(0);
    expect(ended.done).toBe(true);
    const silent = await collect(workerMessages);
    await pass(COLLECT_LIMIT_MS - 1);
    expect(silent.done).toBe(false);
    await pass(1);
    expect(silent.done).toBe(true);
    expect(sent).toHaveLength(2);
  });

  it('asks nobody when nobody is there', async () => {
    const { workerMessages, sent, surroundings } = arranged();
    surroundings.ready = [];
    await workerMessages.collect();
    expect(sent).toEqual([]);
  });
});
