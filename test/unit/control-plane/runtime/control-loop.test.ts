import { isDeepStrictEqual } from 'node:util';
import { fold } from '../../../../control-plane/domain/evolve.js';
import { initialState } from '../../../../control-plane/domain/state.js';
import { EventLogError } from '../../../../control-plane/event-log/event-log.js';
import { recover } from '../../../../control-plane/event-log/recover.js';
import { MAILBOX_LIMIT, MAILBOX_RESERVE } from '../../../../control-plane/runtime/mailbox.js';
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

const PLAIN = poolSettings();

function outcomes(running: RunningLoop, over: Partial<BackendOutcomes>) {
  const id = backendId('a');
  const generation = running.loop.world.state.pools.get(POOL)?.backends.get(id)?.generation ?? 0;
  const base = { pool: POOL, backend: id, generation, successes: 0, failures: {}, trials: [] };
  return draftOf({ type: 'RecordOutcomes', worker: worker(1), outcomes: [{ ...base, ...over }] });
}

function backendA(running: RunningLoop) {
  return running.loop.world.state.pools.get(POOL)?.backends.get(backendId('a'));
}

describe('the control loop', () => {
  it('stores the events of a command before it answers or tells anybody', async () => {
    const running = await openServing(PLAIN);
    const before = running.store.appends.length;
    const told = running.told.length;
    running.loop.submit(weightDraft(5)).catch(() => undefined);
    expect(running.told).toHaveLength(told);
    const answer = await running.loop.submit(weightDraft(6));
    expect(answer.kind).toBe('accepted');
    expect(running.store.appends.length).toBeGreaterThan(before);
    expect(running.told.at(-1)?.map(({ type }) => type)).toEqual([
      'BackendSettingsChanged',
      'BackendSettingsChanged',
    ]);
    expect(backendA(running)?.weight).toBe(6);
  });

  it('stores the commands of one turn with one append', async () => {
    const running = await openServing(PLAIN);
    const before = running.store.appends.length;
    await Promise.all([5, 6, 7].map((weight) => running.loop.submit(weightDraft(weight))));
    expect(running.store.appends).toHaveLength(before + 1);
    expect(running.store.appends.at(-1)?.events).toHaveLength(3);
  });

  it('does not append what came to nothing', async () => {
    const running = await openServing(PLAIN);
    const before = running.store.appends.length;
    const answer = await running.loop.submit(weightDraft(1));
    expect(answer).toMatchObject({ kind: 'accepted', events: [] });
    expect(running.store.appends).toHaveLength(before);
  });

  it('answers a command that is refused, and goes on', async () => {
    const running = await openServing(PLAIN);
    const [refused, accepted] = await Promise.all([
      running.loop.submit(weightDraft(5, 'nobody')),
      running.loop.submit(weightDraft(5)),
    ]);
    expect(refused).toMatchObject({ kind: 'rejected', rejection: { code: 'unknown_backend' } });
    expect(accepted.kind).toBe('accepted');
  });

  it('applies nothing of what the log cannot take, tells the callers, and works again later', async () => {
    const running = await openServing(PLAIN);
    const { world } = running.loop;
    const told = running.told.length;
    running.store.failure = 'unavailable';
    const results = await Promise.allSettled(
      [5, 6].map((weight) => running.loop.submit(weightDraft(weight))),
    );
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable' } });
    }
    expect(running.loop.world).toBe(world);
    expect(running.told).toHaveLength(told);
    expect(running.fatal).toEqual([]);
    running.store.failure = null;
    expect(await running.loop.submit(weightDraft(7))).toMatchObject({ kind: 'accepted' });
    expect(backendA(running)?.weight).toBe(7);
  });

  it('says that the process must end when somebody else wrote to the log', async () => {
    const running = await openServing(PLAIN);
    running.store.failure = 'conflict';
    await expect(running.loop.submit(weightDraft(5))).rejects.toBeInstanceOf(EventLogError);
    expect(running.fatal.map(({ kind }) => kind)).toEqual(['conflict']);
  });

  it('says so too when it finds out by its journal', async () => {
    const running = await openServing(poolSettings({ healthCheck: healthCheck() }));
    running.store.failure = 'conflict';
    running.loop.record(checkDraft(running, false));
    await running.pass(5_000);
    expect(running.fatal.map(({ kind }) => kind)).toEqual(['conflict']);
  });

  it('is back where it was when it opens the log again', async () => {
    const running = await openServing(PLAIN);
    await running.loop.submit(weightDraft(5));
    const again = await openLoop(running.store, running.time);
    expect(isDeepStrictEqual(again.loop.world.state, running.loop.world.state)).toBe(true);
    await again.loop.submit(draftOf({ type: 'StartPrimary', version: '1', pid: 2 }));
    expect(again.loop.world.state.epoch).toBe(2);
    const causes = running.store.events.map(({ cause }) => cause.id);
    expect(Math.max(...causes)).toBe(causes.at(-1));
    expect(isDeepStrictEqual(fold(initialState(), running.store.events), again.loop.world.state)).toBe(true);
  });

  it('never lets the time of commands go back', async () => {
    const running = await openServing(PLAIN);
    await running.pass(5_000);
    await running.loop.submit(weightDraft(5));
    const later = running.store.events.at(-1)?.at ?? 0;
    const { store } = running;
    const again = await openLoop(store);
    await again.loop.submit(weightDraft(6));
    expect(store.events.at(-1)?.at).toBe(later);
  });

  it('lets deadlines come though the clock was set back since the last event', async () => {
    const before = await openServing(poolSettings({ breaker: breaker({ resetTimeoutMs: 1_000 }) }));
    await before.pass(3_600_000);
    await before.loop.submit(outcomes(before, { failures: { reset: 10 } }));
    expect(backendA(before)?.breaker.phase).toBe('open');
    const again = await openLoop(before.store);
    await again.loop.submit(draftOf({ type: 'StartPrimary', version: '1', pid: 2 }));
    await again.pass(5_000);
    expect(backendA(again)?.breaker.phase).toBe('half-open');
  });

  it('closes though its checkpoint cannot be written', async () => {
    const running = await openServing(PLAIN);
    running.store.checkpointsFail = true;
    await running.loop.close();
    expect(await running.loop.submit(weightDraft(5))).toEqual({ kind: 'mailbox-full' });
  });

  it('writes the journal after a second when no event takes it along', async () => {
    const running = await openServing(poolSettings({ healthCheck: healthCheck() }));
    const before = running.store.appends.length;
    await running.loop.submit(checkDraft(running, false));
    await running.pass(999);
    expect(running.store.appends).toHaveLength(before);
    await running.pass(1);
    const [last] = running.store.appends.slice(before);
    expect(last?.events).toEqual([]);
    expect(last?.entries.map(({ kind }) => kind)).toContain('command');
  });

  it('keeps journal entries that could not be written for the next time', async () => {
    const running = await openServing(poolSettings({ healthCheck: healthCheck() }));
    await running.loop.submit(checkDraft(running, false));
    running.store.failure = 'unavailable';
    await running.pass(2_000);
    running.store.failure = null;
    await running.loop.submit(weightDraft(5));
    const journaled = running.store.appends.slice(2).flatMap(({ entries }) => entries);
    const commands = journaled.flatMap((entry) => (entry.kind === 'command' ? [entry.command.type] : []));
    expect(commands).toEqual(['RecordHealthCheck', 'ChangeBackend']);
  });

  it('half-opens a breaker when it is due, by itself', async () => {
    const running = await openServing(poolSettings({ breaker: breaker({ failureThreshold: 2 }) }));
    await running.loop.submit(outcomes(running, { failures: { reset: 2 } }));
    const open = backendA(running)?.breaker;
    if (open?.phase !== 'open') throw new Error('the breaker is not open');
    await running.pass(open.until - running.time.now() - 1);
    expect(backendA(running)?.breaker.phase).toBe('open');
    await running.pass(1);
    expect(backendA(running)?.breaker.phase).toBe('half-open');
  });

  it('makes a checkpoint after 500 events, and survives when it cannot', async () => {
    const running = await openServing(PLAIN);
    running.store.checkpointsFail = true;
    for (let i = 0; i < 500; i += 1) await running.loop.submit(weightDraft((i % 900) + 2));
    expect(running.store.checkpoints).toBe(0);
    running.store.checkpointsFail = false;
    await running.loop.submit(weightDraft(1));
    await running.pass(0);
    expect(running.store.checkpoints).toBe(1);
    const { checkpoint } = await recover(running.store.memory);
    expect(checkpoint.seq).toBe(running.loop.world.state.seq);
  });

  it('makes a checkpoint after five minutes if there was an event, and none otherwise', async () => {
    const running = await openServing(poolSettings({ healthCheck: healthCheck() }));
    await running.pass(300_000);
    await running.loop.submit(weightDraft(5));
    await running.pass(300_000);
    expect(running.store.checkpoints).toBe(1);
    await running.loop.submit(checkDraft(running, true, 'nobody'));
    await running.pass(300_000);
    expect(running.store.checkpoints).toBe(1);
  });
});

describe('a full mailbox', () => {
  it('drops observations, and keeps places for everything else', async () => {
    const running = await openServing(PLAIN);
    const idle = draftOf({ type: 'RecordOutcomes', worker: worker(1), outcomes: [] });
    const room = MAILBOX_LIMIT - MAILBOX_RESERVE;
    for (let i = 0; i < room + 3; i += 1) running.loop.record(idle);
    expect(running.loop.mailboxDepth).toBe(room);
    expect(running.dropped).toEqual([idle, idle, idle]);
    const answers = Array.from({ length: MAILBOX_RESERVE + 1 }, () => running.loop.submit(weightDraft(5)));
    const last = await answers.at(-1);
    expect(last).toEqual({ kind: 'mailbox-full' });
    expect(await answers[0]).toMatchObject({ kind: 'accepted' });
  });

  it('keeps places for the return of permits too', async () => {
    const running = await openServing(PLAIN);
    const idle = draftOf({ type: 'RecordOutcomes', worker: worker(1), outcomes: [] });
    for (let i = 0; i < MAILBOX_LIMIT; i += 1) running.loop.record(idle);
    const { length } = running.dropped;
    running.loop.record(outcomes(running, { trials: [{ permit: 1, result: null, returned: true }] }));
    expect(running.dropped).toHaveLength(length);
    await running.pass(0);
  });
});

describe('close', () => {
  it('decides what is queued, stores the journal and a checkpoint, and refuses what comes later', async () => {
    const running = await openServing(poolSettings({ healthCheck: healthCheck() }));
    running.loop.record(checkDraft(running, true));
    await running.pass(0);
    running.loop.record(checkDraft(running, true));
    const queued = running.loop.submit(weightDraft(5));
    const closing = running.loop.close();
    expect(await queued).toMatchObject({ kind: 'accepted' });
    await closing;
    const journaled = running.store.appends.flatMap(({ entries }) => entries.map(({ kind }) => kind));
    expect(journaled).toContain('passes');
    const { checkpoint, events } = await recover(running.store.memory);
    expect(events).toEqual([]);
    expect(isDeepStrictEqual(checkpoint, running.loop.world.state)).toBe(true);
    expect(await running.loop.submit(weightDraft(6))).toEqual({ kind: 'mailbox-full' });
    expect(running.dropped).toHaveLength(1);
    const { length } = running.store.appends;
    await running.pass(600_000);
    expect(running.store.appends).toHaveLength(length);
  });
});
