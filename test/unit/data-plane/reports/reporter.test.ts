import type { Announcement, ControlLink } from '../../../../data-plane/control/control-link.js';
import { Counters } from '../../../../data-plane/reports/counters.js';
import { MAX_TRIAL_REPORTS, OutcomeBatch } from '../../../../data-plane/reports/outcome-batch.js';
import { Reporter } from '../../../../data-plane/reports/reporter.js';
import { attemptFinished, attemptStarted } from '../../../../data-plane/routing/pick.js';
import type { RoutingTable } from '../../../../data-plane/routing/routing-table.js';
import type { Report, WorkerMessage } from '../../../../shared/message.js';
import { TRIAL_PROOF_MS } from '../../../../data-plane/reports/long-trials.js';
import { TRIAL_PERMIT_USE_MS } from '../../../../shared/snapshot.js';
import { aBackend, aPool, aSnapshot, tableOf } from '../../../support/routing-fixture.js';
import { virtualTimers } from '../../../support/virtual-timers.js';

const success = { kind: 'success' } as const;
const reset = { kind: 'failure', reason: 'reset' } as const;
const status = { kind: 'failure', reason: 'status' } as const;

function entryIn(table: RoutingTable, id: string) {
  const found = [...table.pools.values()]
    .flatMap(({ backends }) => backends)
    .find((entry) => entry.id === id);
  if (found === undefined) throw new Error(`no backend ${id}`);
  return found;
}

describe('the outcome batch', () => {
  const table = tableOf(aSnapshot([aPool([aBackend('a'), aBackend('b')])]));
  const [a, b] = [entryIn(table, 'a'), entryIn(table, 'b')];

  it('adds up outcomes per backend and starts anew when taken', () => {
    const batch = new OutcomeBatch();
    for (const outcome of [success, success, reset, status, reset]) batch.record(a, outcome, null);
    batch.record(b, { kind: 'neutral' }, null);
    expect(batch.take()).toEqual([
      {
        pool: 'default',
        backend: 'a',
        generation: 1,
        successes: 2,
        failures: { reset: 2, status: 1 },
        trials: [],
      },
    ]);
    expect(batch.take()).toEqual([]);
  });

  it('keeps trials apart, and tells result and return as one when they come together', () => {
    const batch = new OutcomeBatch();
    batch.record(a, success, 1);
    batch.permitReturned(a, 1);
    batch.record(a, reset, 2);
    batch.record(a, { kind: 'neutral' }, 3);
    batch.permitReturned(a, 3);
    expect(batch.take()).toMatchObject([
      {
        successes: 0,
        failures: {},
        trials: [
          { permit: 1, result: 'success', returned: true },
          { permit: 2, result: 'failure', reason: 'reset', returned: false },
          { permit: 3, result: null, returned: true },
        ],
      },
    ]);
    batch.permitReturned(a, 2);
    expect(batch.take()).toMatchObject([{ trials: [{ permit: 2, result: null, returned: true }] }]);
  });

  it('says so when there is a failure or news of a trial, and not for a success', () => {
    const batch = new OutcomeBatch();
    let urgent = 0;
    batch.onUrgent(() => (urgent += 1));
    batch.record(a, success, null);
    expect(urgent).toBe(0);
    batch.record(a, reset, null);
    batch.record(a, success, 1);
    expect(urgent).toBe(2);
  });

  it('keeps a bounded number of trials', () => {
    const batch = new OutcomeBatch();
    for (let permit = 0; permit < MAX_TRIAL_REPORTS + 10; permit += 1) batch.record(a, reset, permit);
    expect(batch.take()[0]?.trials).toHaveLength(MAX_TRIAL_REPORTS);
  });
});

describe('the reporter', () => {
  function arrange(first: RoutingTable = tableOf(aSnapshot([aPool([aBackend('a')])]))) {
    const timers = virtualTimers();
    const sent: WorkerMessage[] = [];
    const channel = { open: true, idle: true };
    const link: ControlLink = {
      isOpen: () => channel.open,
      isIdle: () => channel.open && channel.idle,
      send: (message) => {
        sent.push(message);
        return true;
      },
      askSession: () => Promise.resolve(undefined),
      askMetrics: () => Promise.resolve(undefined),
      onAnnouncement: (_handler: (message: Announcement) => void) => undefined,
      onClosed: () => undefined,
      allSent: () => Promise.resolve(),
      close: () => undefined,
    };
    const batch = new OutcomeBatch();
    const counters = new Counters();
    const state: { table: RoutingTable; connections: number; guarded: boolean | null } = {
      table: first,
      connections: 0,
      guarded: null,
    };
    const reporter = new Reporter({
      link,
      batch,
      counters,
      clock: timers,
      timers,
      table: () => state.table,
      connections: () => state.connections,
      redisGuarded: () => state.guarded,
    });
    reporter.start();
    const reports = () => sent.filter((message): message is Report => message.type === 'report');
    return { timers, sent, channel, batch, counters, reporter, reports, state, a: entryIn(first, 'a') };
  }

  it('reports successes with the next tick, and nothing when there is nothing', () => {
    const { timers, batch, reports, a } = arrange();
    timers.advance(1_000);
    expect(reports()).toEqual([]);
    batch.record(a, success, null);
    timers.advance(99);
    expect(reports()).toEqual([]);
    timers.advance(1);
    expect(reports()).toMatchObject([{ outcomes: [{ successes: 1 }] }]);
  });

  it('reports a failure within 10 ms, with those that followed it', () => {
    const { timers, batch, reports, a } = arrange();
    batch.record(a, reset, null);
    timers.advance(5);
    batch.record(a, reset, null);
    timers.advance(5);
    expect(reports()).toMatchObject([{ outcomes: [{ failures: { reset: 2 } }] }]);
  });

  it('tells requests in flight when they change', () => {
    const { timers, reports, a } = arrange();
    attemptStarted(a);
    timers.advance(300);
    expect(reports()).toMatchObject([{ active: [{ pool: 'default', backend: 'a', active: 1 }] }]);
    attemptFinished(a);
    timers.advance(100);
    expect(reports()[1]).toMatchObject({ active: [] });
  });

  it('tells requests that wait when their number changes', () => {
    const { timers, reports, state } = arrange();
    const pool = [...state.table.pools.values()][0]!;
    const waiter = pool.queue.enter(pool, { tried: [], bound: null }, () => undefined);
    timers.advance(300);
    expect(reports()).toMatchObject([{ waiting: [{ pool: 'default', waiting: 1 }] }]);
    pool.queue.leave(waiter);
    timers.advance(300);
    expect(reports()).toHaveLength(2);
    expect(reports()[1]).toMatchObject({ waiting: [] });
  });

  it('tells whether Redis is asked, where it is, when that changes', () => {
    const { timers, reports, state } = arrange();
    state.guarded = true;
    timers.advance(300);
    state.guarded = false;
    timers.advance(300);
    expect(reports()).toEqual([
      { type: 'report', outcomes: [], connections: 0, redisGuarded: true },
      { type: 'report', outcomes: [], connections: 0, redisGuarded: false },
    ]);
  });

  it('tells connections when they change', () => {
    const { timers, reports, state } = arrange();
    state.connections = 3;
    timers.advance(300);
    expect(reports()).toEqual([{ type: 'report', outcomes: [], connections: 3 }]);
  });

  it('adds up while the channel is busy, and reports all of it later', () => {
    const { timers, batch, counters, channel, sent, reports, a } = arrange();
    channel.idle = false;
    batch.record(a, reset, null);
    timers.advance(5_000);
    batch.record(a, success, null);
    counters.add(counters.counter('sentBytes', 'p'), 1);
    timers.advance(5_000);
    expect(sent).toEqual([]);
    channel.idle = true;
    timers.advance(1_000);
    expect(reports()).toMatchObject([{ outcomes: [{ successes: 1, failures: { reset: 1 } }] }]);
    expect(sent.some(({ type }) => type === 'metrics')).toBe(true);
  });

  it('lets go what nobody will ask for when the primary is gone', () => {
    const { timers, batch, channel, sent, a } = arrange();
    channel.open = false;
    batch.record(a, reset, null);
    timers.advance(1_000);
    expect(sent).toEqual([]);
    expect(batch.take()).toEqual([]);
  });

  it('sends metrics every second', () => {
    const { timers, counters, sent } = arrange();
    const slot = counters.counter('sentBytes', 'p');
    counters.add(slot, 1);
    timers.advance(999);
    expect(sent).toEqual([]);
    timers.advance(1);
    expect(sent).toMatchObject([{ type: 'metrics' }]);
  });

  it('sends everything at once when asked, even on a busy channel', () => {
    const { batch, counters, channel, reporter, sent, a } = arrange();
    channel.idle = false;
    batch.record(a, success, null);
    counters.add(counters.counter('sentBytes', 'p'), 1);
    reporter.flush();
    expect(sent.map(({ type }) => type)).toEqual(['report', 'metrics']);
  });

  it('gives back permits that nobody used in time', () => {
    const { timers, reports } = arrange(
      tableOf(
        aSnapshot([
          aPool([
            aBackend('a', {
              availability: 'trial',
              permits: [{ permit: 5, worker: 0 }],
            }),
          ]),
        ]),
      ),
    );
    timers.advance(TRIAL_PERMIT_USE_MS + 200);
    expect(reports()).toMatchObject([
      { outcomes: [{ trials: [{ permit: 5, result: null, returned: true }] }] },
    ]);
  });

  describe('with a trial whose answer goes on', () => {
    function streaming() {
      const arranged = arrange();
      const stream = { bytes: 0 };
      arranged.batch.trialAnswers(arranged.a, 7, () => stream.bytes);
      const trials = () =>
        arranged.reports().flatMap(({ outcomes }) => outcomes.flatMap((one) => one.trials));
      return { ...arranged, stream, trials };
    }

    it('tells its success once when content still comes after some time, and its return at its end', () => {
      const { timers, batch, stream, trials, a } = streaming();
      for (let waited = 0; waited < TRIAL_PROOF_MS; waited += 100) {
        stream.bytes += 1;
        timers.advance(100);
      }
      expect(trials()).toEqual([]);
      for (let more = 0; more < 20; more += 1) {
        stream.bytes += 1;
        timers.advance(100);
      }
      expect(trials()).toEqual([{ permit: 7, result: 'success', returned: false }]);
      batch.record(a, { kind: 'failure', reason: 'body' }, 7);
      batch.permitReturned(a, 7);
      timers.advance(100);
      expect(trials().slice(1)).toEqual([{ permit: 7, result: null, returned: true }]);
    });

    it('tells nothing of one that brings nothing more, until its end', () => {
      const { timers, batch, stream, trials, a } = streaming();
      stream.bytes = 100;
      timers.advance(10 * TRIAL_PROOF_MS);
      expect(trials()).toEqual([]);
      batch.record(a, { kind: 'failure', reason: 'body' }, 7);
      batch.permitReturned(a, 7);
      timers.advance(100);
      expect(trials()).toEqual([{ permit: 7, result: 'failure', reason: 'body', returned: true }]);
    });

    it('forgets it when it is over', () => {
      const { timers, batch, stream, trials, a } = streaming();
      timers.advance(100);
      batch.permitReturned(a, 7);
      for (let more = 0; more < 300; more += 1) {
        stream.bytes += 1;
        timers.advance(100);
      }
      expect(trials()).toEqual([{ permit: 7, result: null, returned: true }]);
    });
  });

  it('leaves no timer behind', () => {
    const { timers, batch, reporter, a } = arrange();
    batch.record(a, reset, null);
    reporter.stop();
    expect(timers.waiting()).toBe(0);
  });
});
