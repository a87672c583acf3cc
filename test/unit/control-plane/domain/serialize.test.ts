import {
  restoreObservations,
  restoreState,
  serializeObservations,
  serializeState,
} from '../../../../control-plane/domain/serialize.js';
import { breaker, definition, documentOf, poolSettings, storyOf } from '../../../support/domain.js';

describe('serialize', () => {
  const told = storyOf(documentOf(poolSettings({ breaker: breaker() }), [definition('b'), definition('a')]));
  told.report('a', { failures: { reset: 5 } });
  told.report('b', { failures: { reset: 1 }, successes: 7 });

  it('writes state as plain data without what follows from the rest, and reads it back', () => {
    const stored = serializeState(told.world.state);
    expect(stored.pools[0]?.[1]).not.toHaveProperty('tally');
    expect(stored.pools[0]?.[1]).not.toHaveProperty('tripped');
    const read = restoreState(JSON.parse(JSON.stringify(stored)) as typeof stored);
    expect(read).toEqual(told.world.state);
    expect([...(read.pools.values().next().value?.backends.keys() ?? [])]).toEqual(['b', 'a']);
  });

  it('writes observations as plain data, and reads them back', () => {
    const stored = serializeObservations(told.world.observations);
    expect(restoreObservations(JSON.parse(JSON.stringify(stored)) as typeof stored)).toEqual(
      told.world.observations,
    );
  });
});
