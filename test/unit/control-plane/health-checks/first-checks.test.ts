import {
  FIRST_CHECKS_LIMIT_MS,
  FirstChecks,
  pendingChecks,
} from '../../../../control-plane/health-checks/first-checks.js';
import {
  START,
  definition,
  documentOf,
  healthCheck,
  poolSettings,
  story,
  type Story,
} from '../../../support/domain.js';
import { silence } from '../../../support/silence.js';
import { VirtualTime } from '../../../support/virtual-time.js';

function storyOf(ids: readonly string[], timeoutMs = 5_000): Story {
  const tale = story();
  tale.apply(
    documentOf(
      poolSettings({ healthCheck: healthCheck({ timeoutMs }) }),
      ids.map((id) => definition(id)),
    ),
  );
  return tale;
}

describe('pendingChecks', () => {
  it('counts backends of which nothing is known, until their first check, whatever it says', () => {
    const tale = storyOf(['a', 'b', 'c']);
    expect(pendingChecks(tale.world)).toMatchObject({ waiting: 3, of: 3 });
    tale.check('a', true);
    tale.check('b', false);
    expect(pendingChecks(tale.world)).toMatchObject({ waiting: 1, of: 3 });
    tale.check('c', true);
    expect(pendingChecks(tale.world)).toMatchObject({ waiting: 0, of: 3 });
  });

  it('counts none where there are no checks, and none that an operator keeps out', () => {
    const unchecked = story();
    unchecked.apply(documentOf(poolSettings(), [definition('a')]));
    expect(pendingChecks(unchecked.world)).toMatchObject({ waiting: 0, of: 0 });
    const kept = storyOf(['a', 'b']);
    kept.when({
      type: 'ChangeBackend',
      pool: kept.pool().id,
      backend: kept.backend('a').id,
      admin: 'maintenance',
      expectedVersion: null,
    });
    expect(pendingChecks(kept.world)).toMatchObject({ waiting: 1, of: 1 });
  });

  it('takes as long as a check may, and never longer than its limit', () => {
    const { limitMs } = pendingChecks(storyOf(['a'], 1_000).world);
    expect(limitMs).toBeGreaterThan(1_000);
    expect(limitMs).toBeLessThan(1_500);
    expect(pendingChecks(storyOf(['a'], 60_000).world).limitMs).toBe(FIRST_CHECKS_LIMIT_MS);
  });
});

describe('FirstChecks', () => {
  function waiting(tale: Story): { time: VirtualTime; first: FirstChecks; isOver: () => boolean } {
    const time = new VirtualTime(START);
    const first = new FirstChecks(time, silence);
    let over = false;
    void first.wait(tale.world).then(() => (over = true));
    return { time, first, isOver: () => over };
  }

  it('says what it waits for, until all have been checked', async () => {
    const tale = storyOf(['a', 'b']);
    const { first, isOver } = waiting(tale);
    expect(first.waitingFor).toBe('waiting for the first health checks: 2 of 2 backends');
    tale.check('a', true);
    first.update(tale.world);
    await Promise.resolve();
    expect(isOver()).toBe(false);
    expect(first.waitingFor).toBe('waiting for the first health checks: 1 of 2 backends');
    tale.check('b', false);
    first.update(tale.world);
    await new Promise(setImmediate);
    expect(isOver()).toBe(true);
    expect(first.waitingFor).toBeNull();
  });

  it('does not wait where everything is known', async () => {
    const tale = storyOf(['a']);
    tale.check('a', true);
    const { first, isOver } = waiting(tale);
    await new Promise(setImmediate);
    expect(isOver()).toBe(true);
    expect(first.waitingFor).toBeNull();
  });
});
