import { backendId } from '../../../../shared/ids.js';
import {
  breaker,
  definition,
  documentOf,
  healthCheck,
  POOL,
  poolSettings,
  storyOf,
  typesOf,
} from '../../../support/domain.js';
import { worker } from '../../../support/workers.js';

describe('a report of outcomes', () => {
  it('is about each of its backends by itself', () => {
    const told = storyOf(
      documentOf(
        poolSettings({ breaker: breaker() }),
        ['a', 'b', 'c', 'd'].map((id) => definition(id)),
      ),
    );
    const part = (id: string) => ({
      pool: POOL,
      backend: backendId(id),
      generation: told.backend(id).generation,
      successes: 0,
      failures: { reset: 5 },
      trials: [],
    });
    const events = told.when({ type: 'RecordOutcomes', worker: worker(1), outcomes: [part('a'), part('b')] });
    expect(typesOf(events)).toEqual(['BreakerOpened', 'BreakerOpened']);
    expect(events.map((event) => event.backend)).toEqual(['a', 'b']);
    expect(told.backend('c').breaker.phase).toBe('closed');
  });

  it('can open a breaker and make the same backend unhealthy', () => {
    const settings = poolSettings({ breaker: breaker(), healthCheck: healthCheck({ failureThreshold: 1 }) });
    const told = storyOf(
      documentOf(
        settings,
        ['a', 'b', 'c'].map((id) => definition(id)),
      ),
    );
    for (const id of ['a', 'b', 'c']) told.check(id, true);
    expect(typesOf(told.report('a', { failures: { connect: 5 } }))).toEqual([
      'BreakerOpened',
      'BackendBecameUnhealthy',
    ]);
  });

  it('of a pool without breaker changes nothing', () => {
    const told = storyOf(documentOf(poolSettings(), [definition('a')]));
    const before = told.world;
    told.report('a', {
      successes: 5,
      failures: { reset: 50 },
      trials: [{ permit: 1, result: 'failure', returned: true }],
    });
    expect(told.world).toBe(before);
  });
});
