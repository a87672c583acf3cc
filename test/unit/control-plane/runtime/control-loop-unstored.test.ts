/** The control loop while nothing can be stored: what has happened is decided and shown, what is wanted is refused. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { fold } from '../../../../control-plane/domain/evolve.js';
import { replay } from '../../../../control-plane/domain/replay.js';
import { initialObservations } from '../../../../control-plane/domain/observations.js';
import { EventLogError } from '../../../../control-plane/event-log/event-log.js';
import { recover } from '../../../../control-plane/event-log/recover.js';
import { withTail } from '../../../../control-plane/event-log/read-with-tail.js';
import {
  MAX_UNSTORED_ENTRIES,
  MAX_UNSTORED_EVENTS,
  STORE_WATCH_MS,
} from '../../../../control-plane/runtime/event-store.js';
import { backendId } from '../../../../shared/ids.js';
import type { BackendOutcomes } from '../../../../shared/outcome.js';
import { breaker, healthCheck, POOL, poolSettings } from '../../../support/domain.js';
import {
  checkDraft,
  draftOf,
  openLoop,
  openServing,
  weightDraft,
  type RunningLoop,
} from '../../../support/running-loop.js';
import { worker } from '../../../support/workers.js';

const CHECKED = poolSettings({
  healthCheck: healthCheck({ failureThreshold: 1, successThreshold: 1 }),
  breaker: breaker({ failureThreshold: 2, halfOpenLimit: 1 }),
});
const FULL = 'unavailable';

function outcomes(running: RunningLoop, over: Partial<BackendOutcomes>) {
  const id = backendId('a');
  const generation = running.loop.world.state.pools.get(POOL)?.backends.get(id)?.generation ?? 0;
  const base = { pool: POOL, backend: id, generation, successes: 0, failures: {}, trials: [] };
  return draftOf({ type: 'RecordOutcomes', worker: worker(1), outcomes: [{ ...base, ...over }] });
}

const ready = (n: number) => draftOf({ type: 'RecordWorkerReady', worker: worker(n) });

function backendA(running: RunningLoop) {
  return running.loop.world.state.pools.get(POOL)?.backends.get(backendId('a'));
}

const typesIn = (running: RunningLoop) => running.store.events.map(({ type }) => type);
const errors = (running: RunningLoop) =>
  running.logged.filter((text) => text.includes('nothing can be stored'));

/** Health of a backend, to and fro: one event each. */
async function flap(running: RunningLoop, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) running.loop.record(checkDraft(running, i % 2 === 1));
  await running.pass(0);
}

/** What a next primary would find, as the state that the live one has. */
async function expectRecovered(running: RunningLoop): Promise<void> {
  const { checkpoint, events } = await recover(running.store.memory);
  expect(isDeepStrictEqual(fold(checkpoint, events), running.loop.world.state)).toBe(true);
}

describe('while nothing can be stored', () => {
  it('health, breakers, trials and workers are decided and shown', async () => {
    const running = await openServing(CHECKED);
    await running.loop.submit(ready(1));
    running.store.failure = FULL;
    const stored = running.store.events.length;
    running.loop.record(checkDraft(running, false, 'b'));
    running.loop.record(outcomes(running, { failures: { reset: 2 } }));
    await running.pass(0);
    expect(running.told.at(-1)?.map(({ type }) => type)).toContain('BreakerOpened');
    expect(backendA(running)?.breaker.phase).toBe('open');
    await running.pass(60_000);
    expect(backendA(running)?.breaker.phase).toBe('half-open');
    await running.loop.submit(ready(2));
    expect(running.loop.world.observations.workers).toEqual([worker(1), worker(2)]);
    expect(running.store.events).toHaveLength(stored);
    running.store.failure = null;
    await running.pass(STORE_WATCH_MS);
    expect(typesIn(running).slice(stored)).toEqual([
      'BackendBecameUnhealthy',
      'BreakerOpened',
      'BreakerHalfOpened',
      'WorkerReady',
    ]);
    await expectRecovered(running);
  });

  it('takes back what somebody wants, though more of the journal came in the same turn than is kept', async () => {
    const running = await openServing(poolSettings({ healthCheck: healthCheck({ failureThreshold: 1 }) }));
    const failed = outcomes(running, { failures: { reset: 1 } });
    const [one] = failed.type === 'RecordOutcomes' ? failed.outcomes : [];
    const many = draftOf({ type: 'RecordOutcomes', worker: worker(1), outcomes: Array(500).fill(one) });
    running.store.failure = FULL;
    for (let i = 0; i <= MAX_UNSTORED_ENTRIES / 500; i += 1) running.loop.record(many);
    running.loop.record(checkDraft(running, false));
    await expect(running.loop.submit(weightDraft(5))).rejects.toBeInstanceOf(EventLogError);
    expect(running.loop.storage.unstoredEvents).toBe(1);
    running.store.failure = null;
    await running.pass(STORE_WATCH_MS);
    expect(typesIn(running).slice(-1)).toEqual(['BackendBecameUnhealthy']);
    await expectRecovered(running);
  });

  it('refuses what somebody wants, and nothing of it happens, in the same turn as what has happened', async () => {
    const running = await openServing(CHECKED);
    running.store.failure = FULL;
    const refused = expect(running.loop.submit(weightDraft(5))).rejects.toBeInstanceOf(EventLogError);
    running.loop.record(checkDraft(running, false));
    const again = expect(running.loop.submit(weightDraft(6))).rejects.toBeInstanceOf(EventLogError);
    await refused;
    await again;
    await running.pass(0);
    expect(backendA(running)).toMatchObject({ weight: 1, health: 'unhealthy' });
    expect(running.fatal).toEqual([]);
  });

  it('tries once more for whoever wants something, and stores in order what waited before', async () => {
    const running = await openServing(CHECKED);
    running.store.failure = FULL;
    await running.loop.submit(checkDraft(running, false));
    running.store.failure = null;
    expect(await running.loop.submit(weightDraft(5))).toMatchObject({ kind: 'accepted' });
    expect(typesIn(running).slice(-2)).toEqual(['BackendBecameUnhealthy', 'BackendSettingsChanged']);
    expect(running.loop.storage.ok).toBe(true);
  });

  it('says so once when it begins and once when it ends, however often it tried', async () => {
    const running = await openServing(CHECKED);
    running.store.failure = FULL;
    await running.loop.submit(checkDraft(running, false));
    await running.pass(60 * STORE_WATCH_MS);
    expect(running.loop.storage).toMatchObject({ ok: false, problem: 'told to fail', unstoredEvents: 1 });
    expect(errors(running)).toHaveLength(1);
    running.store.failure = null;
    await running.pass(STORE_WATCH_MS);
    expect(running.loop.storage).toEqual({
      ok: true,
      since: null,
      problem: null,
      unstoredEvents: 0,
      lostEvents: 0,
    });
    expect(running.logged.filter((text) => text.includes('stored again'))).toHaveLength(1);
    expect(running.storeSaid.at(-1)).toBe('recovered');
  });

  it('looks once a second, whatever happens meanwhile', async () => {
    const running = await openServing(CHECKED);
    running.store.failure = FULL;
    await running.loop.submit(checkDraft(running, false));
    const { attempts } = running.store;
    for (let i = 0; i < 100; i += 1) {
      running.loop.record(checkDraft(running, i % 2 === 0));
      await running.pass(100);
    }
    expect(running.store.attempts - attempts).toBeLessThanOrEqual(11);
  });

  it('shows what waits to whoever reads the log', async () => {
    const running = await openServing(CHECKED);
    running.store.failure = FULL;
    await flap(running, 3);
    const log = withTail(running.store.log, () => running.loop.unstored);
    const { seq } = running.loop.world.state;
    const forward = await log.events.read({ after: seq - 5, limit: 10, order: 'forward' });
    expect(forward.map((event) => event.seq)).toEqual([seq - 4, seq - 3, seq - 2, seq - 1, seq]);
    const backward = await log.events.read({ limit: 4, order: 'backward' });
    expect(backward.map((event) => event.seq)).toEqual([seq, seq - 1, seq - 2, seq - 3]);
  });

  it('shows nobody a change that is still being stored, and may yet be refused', async () => {
    const running = await openServing(poolSettings({}));
    const { seq } = running.loop.world.state;
    const report = outcomes(running, { failures: { reset: 1 } });
    // More than is stored at once: the loop lets others have their turn in between.
    for (let i = 0; i < 600; i += 1) running.loop.record(report);
    await nextTurn();
    const appends = running.store.appends.length;
    const refused = expect(running.loop.submit(weightDraft(5))).rejects.toBeInstanceOf(EventLogError);
    await nextTurn();
    expect(running.store.appends.length).toBe(appends + 1);
    const log = withTail(running.store.log, () => running.loop.unstored);
    expect(await log.events.read({ after: seq, limit: 10, order: 'forward' })).toEqual([]);
    running.store.failure = FULL;
    await running.pass(0);
    await refused;
  });

  it('keeps the journal, so that it can be decided again', async () => {
    const running = await openServing(CHECKED);
    running.store.failure = FULL;
    await flap(running, 4);
    running.store.failure = null;
    await running.pass(STORE_WATCH_MS);
    const { events, appends } = running.store;
    const { problem, events: again } = replay(
      {
        state: fold((await recover(running.store.memory)).checkpoint, []),
        observations: initialObservations(),
      },
      appends.flatMap(({ entries }) => entries),
    );
    expect(problem).toBeNull();
    expect(isDeepStrictEqual(again, events)).toBe(true);
  });

  it('begins a segment after journal entries that were lost though their events were stored', async () => {
    const running = await openServing(CHECKED);
    running.store.entriesFail = true;
    await running.loop.submit(weightDraft(5));
    running.loop.record(checkDraft(running, false));
    await running.pass(STORE_WATCH_MS);
    expect(running.loop.storage.ok).toBe(true);
    expect(running.storeSaid).toEqual(['1 entries lost', '2 entries lost']);
    running.store.entriesFail = false;
    const before = running.store.appends.length;
    const { state } = running.loop.world;
    await running.loop.submit(weightDraft(6));
    await flap(running, 2);
    await running.pass(STORE_WATCH_MS);
    const later = running.store.appends.slice(before);
    const replayed = replay(
      { state, observations: initialObservations() },
      later.flatMap(({ entries }) => entries),
    );
    expect(later[0]?.entries[0]?.kind).toBe('segment');
    expect(replayed.problem).toBeNull();
    expect(replayed.events).toEqual(later.flatMap(({ events }) => events));
  });

  it('stores what waits when it closes, if it can by then', async () => {
    const running = await openServing(CHECKED);
    running.store.failure = FULL;
    await running.loop.submit(checkDraft(running, false));
    running.store.failure = null;
    await running.loop.close();
    expect(typesIn(running).at(-1)).toBe('BackendBecameUnhealthy');
  });

  it('closes though it still cannot, and says what ends with it', async () => {
    const running = await openServing(CHECKED);
    running.store.failure = FULL;
    await running.loop.submit(checkDraft(running, false));
    await running.loop.close();
    expect(running.logged.at(-1)).toContain('ends with this process');
  });

  it('takes with it what waits when the primary is killed; the next one goes on from what is stored', async () => {
    const running = await openServing(CHECKED);
    const stored = running.loop.world.state;
    running.store.failure = FULL;
    await flap(running, 3);
    expect(running.loop.world.state.seq).toBe(stored.seq + 3);
    running.store.failure = null;
    const next = await openLoop(running.store, running.time);
    expect(isDeepStrictEqual(next.loop.world.state, stored)).toBe(true);
    await next.loop.submit(draftOf({ type: 'StartPrimary', version: '1', pid: 2 }));
    // The numbers of what was lost are given anew.
    expect(next.told.at(-1)?.[0]).toMatchObject({ type: 'PrimaryStarted', seq: stored.seq + 1 });
  });

  it('does not start', async () => {
    const running = await openLoop();
    running.store.failure = FULL;
    const started = running.loop.submit(draftOf({ type: 'StartPrimary', version: '1', pid: 1 }));
    await expect(started).rejects.toMatchObject({ kind: FULL });
  });

  it('notices a disk that is full though nothing happens', async () => {
    const running = await openServing(CHECKED);
    running.store.failure = FULL;
    await running.pass(7 * STORE_WATCH_MS);
    expect(running.loop.storage.ok).toBe(false);
    running.store.failure = null;
    await running.pass(2 * STORE_WATCH_MS);
    expect(running.loop.storage.ok).toBe(true);
  });

  it('writes only now and then while it merely looks', async () => {
    const running = await openServing(CHECKED);
    await running.pass(60 * STORE_WATCH_MS);
    expect(running.store.checks.length).toBe(60);
    expect(running.store.checks.slice(0, 4)).toEqual([false, false, false, false]);
  });
});

describe('when more happens than memory keeps', () => {
  async function overfull(): Promise<RunningLoop> {
    const running = await openServing(CHECKED);
    running.store.failure = FULL;
    for (let done = 0; done <= MAX_UNSTORED_EVENTS; done += 5_000) await flap(running, 5_000);
    return running;
  }

  it('gives up on the oldest, tells so in the log, and goes on from a checkpoint', async () => {
    const running = await overfull();
    const storedSeq = running.store.events.at(-1)?.seq ?? 0;
    expect(running.loop.storage.lostEvents).toBeGreaterThan(MAX_UNSTORED_EVENTS);
    expect(running.loop.storage.unstoredEvents).toBeLessThan(MAX_UNSTORED_EVENTS);
    running.store.failure = null;
    await running.pass(STORE_WATCH_MS + 100);
    const told = running.store.events.find(({ type }) => type === 'EventsLost');
    expect(told).toMatchObject({
      seq: expect.any(Number),
      data: { first: storedSeq + 1, last: (told?.seq ?? 0) - 1, reason: 'memory' },
    });
    await expectRecovered(running);
    const { checkpoint } = await recover(running.store.memory);
    expect(checkpoint.seq).toBe((told?.seq ?? 0) - 1);
    expect(running.storeSaid.some((text) => /^\d+ entries lost$/.test(text))).toBe(true);
  });

  it('begins a segment of the journal after the gap that gives the events which follow', async () => {
    const running = await overfull();
    await flap(running, 10);
    running.store.failure = null;
    await running.pass(STORE_WATCH_MS + 100);
    const { checkpoint, events } = await recover(running.store.memory);
    const entries = running.store.appends.flatMap(({ entries }) => entries);
    const last = entries.findLastIndex(({ kind }) => kind === 'segment');
    const start = { state: checkpoint, observations: initialObservations() };
    const replayed = replay(start, entries.slice(last));
    expect(replayed.problem).toBeNull();
    expect(isDeepStrictEqual(replayed.events, events)).toBe(true);
  });

  it('lets an operator write after the gap', async () => {
    const running = await overfull();
    running.store.failure = null;
    const answer = running.loop.submit(weightDraft(5));
    await running.pass(100);
    expect(await answer).toMatchObject({ kind: 'accepted' });
    await expectRecovered(running);
  });
});

describe('when the file of the log is gone', () => {
  it('makes it anew with the state, what waited, and word of what is missing', async () => {
    const running = await openServing(CHECKED);
    running.store.renewalFailure = new EventLogError('unavailable', 'no room yet');
    running.store.failure = 'lost';
    const { seq } = running.loop.world.state;
    await running.pass(STORE_WATCH_MS);
    running.loop.record(checkDraft(running, false));
    await running.pass(5 * STORE_WATCH_MS);
    expect(running.loop.storage.problem).toContain('cannot be made anew: no room yet');
    expect(errors(running)).toHaveLength(1);
    running.store.renewalFailure = null;
    await running.pass(STORE_WATCH_MS);
    expect(running.loop.storage.ok).toBe(true);
    expect(running.store.events).toMatchObject([
      { seq: seq + 1, type: 'BackendBecameUnhealthy' },
      { seq: seq + 2, type: 'EventsLost', data: { first: 1, last: seq, since: null, reason: 'file' } },
    ]);
    await expectRecovered(running);
    await running.loop.submit(weightDraft(5));
    await expectRecovered(running);
  });

  it('finds out by the first append, too, and by a full disk that was emptied with everything else', async () => {
    const running = await openServing(CHECKED);
    running.store.failure = FULL;
    await running.loop.submit(checkDraft(running, false));
    running.store.failure = 'lost';
    await running.pass(STORE_WATCH_MS);
    expect(running.loop.storage.ok).toBe(true);
    expect(typesIn(running)).toEqual(['BackendBecameUnhealthy', 'EventsLost']);
  });
});
