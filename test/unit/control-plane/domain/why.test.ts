import type { TidegateEvent } from '../../../../control-plane/domain/events.js';
import type { ControlState } from '../../../../control-plane/domain/state.js';
import { explain, MAX_STEPS, askedStateIn, type Question } from '../../../../control-plane/domain/why.js';
import { nextDeadline } from '../../../../control-plane/domain/deadline.js';
import { backendId, poolId } from '../../../../shared/ids.js';
import {
  breaker,
  definition,
  documentOf,
  healthCheck,
  POOL,
  poolSettings,
  storyOf,
  type Story,
} from '../../../support/domain.js';
import { HOST } from '../../../support/workers.js';

const SETTINGS = poolSettings({ breaker: breaker(), healthCheck: healthCheck() });
const FILE = { kind: 'file', name: 'tidegate.yaml' } as const;
const ALICE = { actor: { kind: 'api', name: 'alice' } } as const;

function arranged(names: readonly string[] = ['a', 'b', 'c']): Story {
  const told = storyOf(
    documentOf(
      SETTINGS,
      names.map((id) => definition(id)),
    ),
  );
  for (const id of names) told.check(id, true);
  return told;
}

/** What `hindsight/why.ts` gathers: the events of the backend's present life, and those of its pool. */
function ask(question: Question, events: readonly TidegateEvent[], state: ControlState) {
  const relevant = events.filter(
    ({ at, pool, backend }) =>
      at <= question.at && pool === question.pool && (backend ?? question.backend) === question.backend,
  );
  const life = relevant.slice(
    Math.max(
      0,
      relevant.findLastIndex(({ type }) => type === 'BackendAdded'),
    ),
  );
  return explain(question, { events: life, total: life.length, host: HOST }, askedStateIn(state, question));
}

function why(told: Story, id = 'a', pool = POOL) {
  return ask({ pool, backend: backendId(id), at: told.at }, told.events, told.world.state);
}

function set(
  told: Story,
  change: { changes?: { weight: number }; admin?: 'ready' | 'draining' | 'maintenance' },
) {
  told.when(
    { type: 'ChangeBackend', pool: POOL, backend: backendId('a'), expectedVersion: null, ...change },
    ALICE,
  );
}

function fail(told: Story): void {
  const { generation } = told.backend('a');
  const of = { type: 'RecordHealthCheck', pool: POOL, backend: backendId('a'), generation } as const;
  told.at += 7_000;
  told.when({ ...of, result: { at: told.at, passed: false, durationMs: 12.3, status: 503 } });
  told.at += 2_000;
  told.when({ ...of, result: { at: told.at, passed: false, durationMs: 0, error: 'connect refused' } });
  told.at += 2_000;
  told.when({ ...of, result: { at: told.at, passed: false, durationMs: 5_000, error: 'timeout' } });
}

describe('why', () => {
  it('a backend is unhealthy: the checks that failed', () => {
    const told = arranged();
    fail(told);
    const answer = why(told);
    expect(answer.availability).toBe('unhealthy');
    expect(answer.headline).toBe(
      'a is unhealthy since 2026-01-01T00:00:11.000Z: 3 checks in a row failed (threshold 3): 503 after 12 ms, connect refused, timeout after 5000 ms.',
    );
    expect(answer.steps.at(-1)?.evidence).toEqual([
      '2026-01-01T00:00:07.000Z failed: 503 after 12 ms',
      '2026-01-01T00:00:09.000Z failed: connect refused',
      '2026-01-01T00:00:11.000Z failed: timeout after 5000 ms',
    ]);
  });

  it('a backend is unhealthy: the expectations that its answers did not meet', () => {
    const told = arranged();
    told.check('a', false, {
      status: 503,
      durationMs: 12.3,
      unmet: 'status 503, expected 2xx',
    });
    told.check('a', false, { status: 200, durationMs: 3, unmet: 'body lacks "ok"' });
    told.check('a', false, { status: 200, durationMs: 0, unmet: 'body lacks "ok"' });
    const { headline, steps } = why(told);
    expect(headline).toContain(
      'status 503, expected 2xx, after 12 ms, body lacks "ok", after 3 ms, body lacks "ok".',
    );
    expect(steps.at(-1)?.evidence[0]).toContain('failed: status 503, expected 2xx, after 12 ms');
  });

  it('gives no evidence of an earlier time for what happened where events are missing', () => {
    const told = arranged();
    for (let i = 0; i < 3; i += 1) fail(told);
    const earlier = [...told.events];
    for (let i = 0; i < 5; i += 1) told.check('a', true);
    told.at += 60_000;
    for (let i = 0; i < 3; i += 1) fail(told);
    expect(told.backend('a').health).toBe('unhealthy');
    const question = { pool: POOL, backend: backendId('a'), at: told.at };
    const { headline } = ask(question, earlier, told.world.state);
    expect(headline).toMatch(/^a is unhealthy since \S+\.$/);
  });

  it('a backend is ejected: the attempts that failed, until when, and what came before', () => {
    const told = arranged();
    told.report('a', { successes: 3, failures: { connect: 2, timeout: 1 } });
    told.at += 1_000;
    told.report('a', { successes: 1, failures: { timeout: 2 } });
    const { headline, steps } = why(told);
    expect(headline).toMatch(
      /^a is ejected by its breaker since 2026-01-01T00:00:01.000Z until 2026-01-01T00:00:\d\d.\d{3}Z: 5 of 9 attempts failed \(threshold 5, ratio 50 %\): 2 × no connection, 3 × timeout\.$/,
    );
    expect(steps.map((step) => step.type)).toEqual(['BackendAdded', 'BackendBecameHealthy', 'BreakerOpened']);
    expect(steps.at(-1)?.evidence).toEqual([
      '2026-01-01T00:00:00.000Z 3 successes, 2 × no connection, 1 × timeout',
      '2026-01-01T00:00:01.000Z 1 success, 2 × timeout',
    ]);
  });

  it('a window with a second of successes only says so', () => {
    const told = arranged();
    told.report('a', { successes: 2 });
    told.at += 1_000;
    told.report('a', { failures: { body: 5 } });
    expect(why(told).steps.at(-1)?.evidence).toEqual([
      '2026-01-01T00:00:00.000Z 2 successes',
      '2026-01-01T00:00:01.000Z 0 successes, 5 × response broken off',
    ]);
  });

  it('a backend is available, and something happened to its pool since', () => {
    const told = arranged();
    told.when({
      type: 'ChangePool',
      pool: POOL,
      settings: { ...SETTINGS, algorithm: 'random' },
      expectedVersion: null,
    });
    expect(why(told).headline).toMatch(/^a is available since .*: became healthy: /);
    expect(why(told).steps.at(-1)?.sentence).toBe(
      'its pool had its settings changed by test (the API): algorithm round-robin → random',
    );
  });

  it('a backend is on trial, and then available: the story of its breaker', () => {
    const told = arranged();
    told.report('a', { failures: { reset: 5 } });
    told.at = nextDeadline(told.world) ?? 0;
    told.advance(0);
    expect(why(told).headline).toMatch(
      /^a is on trial since .*, after its breaker was open: 5 of 5 attempts failed .*\.$/,
    );
    const first = told.world.observations.nextPermit - 3;
    for (const permit of [first, first + 1]) told.trial('a', { permit, result: 'success', returned: true });
    told.trial('a', { permit: first + 2, result: 'failure', returned: true }, 1);
    // Those that took the places of the first two come back unused.
    for (const permit of [first + 3, first + 4]) told.trial('a', { permit, returned: true });
    expect(why(told).headline).toMatch(/: a trial by worker 1 failed\.$/);
    told.at = nextDeadline(told.world) ?? 0;
    told.advance(0);
    const next = told.world.observations.nextPermit - 3;
    for (const permit of [next, next + 1, next + 2]) {
      told.trial('a', { permit, result: 'success', returned: true });
    }
    expect(why(told).headline).toMatch(
      /^a is available since .*: breaker closed after 3 successful trials\.$/,
    );
    expect(
      why(told)
        .steps.map((step) => step.sentence)
        .slice(2, 4),
    ).toEqual([
      expect.stringMatching(/^breaker opened until /),
      'breaker half-opened, letting up to 3 trials run at once',
    ]);
  });

  it('a backend serves though it is ejected: its pool is in panic', () => {
    const told = arranged(['a']);
    told.report('a', { failures: { reset: 5 } });
    const answer = why(told);
    expect(answer).toMatchObject({ panic: true, availability: 'ejected' });
    expect(answer.headline).toMatch(/\. It serves all the same, because pool default is in panic\.$/);
    expect(answer.steps.at(-1)?.sentence).toBe(
      'its pool entered panic: breakers took out 1 of 1 ready backends (limit 50 %)',
    );
    set(told, { admin: 'draining' });
    expect(why(told).headline).not.toMatch(/panic/);
  });

  it('a backend is draining or in maintenance: who wanted it', () => {
    const told = arranged();
    set(told, { admin: 'draining' });
    expect(why(told).headline).toBe('a is draining since 2026-01-01T00:00:00.000Z, set by alice (the API).');
    set(told, { admin: 'maintenance' });
    expect(why(told).headline).toBe(
      'a is in maintenance since 2026-01-01T00:00:00.000Z, set by alice (the API).',
    );
    set(told, { admin: 'ready' });
    expect(why(told).headline).toBe(
      'a is available since 2026-01-01T00:00:00.000Z: was set from maintenance to ready by alice (the API).',
    );
  });

  it('a backend waits for its first check', () => {
    const told = storyOf(documentOf(SETTINGS, [definition('a')]));
    expect(why(told).headline).toBe('a waits for its first passed check since 2026-01-01T00:00:00.000Z.');
  });

  it('a backend is available: the check that passed, and a weight that keeps traffic away', () => {
    const told = arranged();
    expect(why(told).headline).toBe(
      'a is available since 2026-01-01T00:00:00.000Z: became healthy: 1 check passed (threshold 1): 200 after 3 ms.',
    );
    set(told, { changes: { weight: 0 } });
    expect(why(told).headline).toMatch(/200 after 3 ms, but gets no new traffic at weight 0\.$/);
    expect(why(told).steps.at(-1)?.sentence).toBe('was changed by alice (the API): weight 1 → 0');
  });

  it('a backend is not there: who took it out, or nothing', () => {
    const told = arranged();
    told.when(
      { type: 'RemoveBackend', pool: POOL, backend: backendId('a'), expectedVersion: null },
      { actor: FILE },
    );
    expect(why(told)).toMatchObject({
      availability: null,
      panic: false,
      headline:
        'a is not in pool default: it was removed at 2026-01-01T00:00:00.000Z by tidegate.yaml (the file).',
    });
    expect(why(told, 'z').headline).toBe('z is not in pool default.');
    expect(why(told, 'z', poolId('q'))).toMatchObject({ headline: 'z is not in pool q.', steps: [] });
  });

  it('tells only of the present life of a backend, and of what had happened by then', () => {
    const told = arranged();
    const then = { state: told.world.state, at: told.at };
    fail(told);
    told.when({ type: 'RemoveBackend', pool: POOL, backend: backendId('a'), expectedVersion: null });
    told.when({ type: 'AddBackend', pool: POOL, backend: definition('a'), expectedVersion: null });
    expect(why(told).steps.map((step) => step.type)).toEqual(['BackendAdded']);
    const before = ask({ pool: POOL, backend: backendId('a'), at: then.at }, told.events, then.state);
    expect(before.availability).toBe('available');
    expect(before.steps.map((step) => step.type)).toEqual(['BackendAdded', 'BackendBecameHealthy']);
  });

  it('says what it can when the events are no longer there', () => {
    const told = arranged();
    const question = { pool: POOL, backend: backendId('a'), at: told.at + 99_000 };
    const bare = () => ask(question, [], told.world.state).headline;
    expect(bare()).toBe('a is available.');
    set(told, { admin: 'draining' });
    expect(bare()).toBe('a is draining.');
    set(told, { admin: 'ready' });
    told.report('a', { failures: { reset: 5 } });
    expect(bare()).toMatch(/^a is ejected by its breaker since \S+ until \S+\.$/);
    fail(told);
    expect(bare()).toBe('a is unhealthy since 2026-01-01T00:00:11.000Z.');
  });

  it('keeps the first step and the newest when there are many', () => {
    const told = arranged();
    for (let count = 0; count < MAX_STEPS + 10; count += 1) {
      set(told, { changes: { weight: 2 + (count % 5) } });
    }
    const { steps, omitted } = why(told);
    expect(steps).toHaveLength(MAX_STEPS);
    expect(omitted).toBe(12);
    expect(steps[0]?.type).toBe('BackendAdded');
    expect(steps.at(-1)?.seq).toBe(told.world.state.seq);
  });
});
