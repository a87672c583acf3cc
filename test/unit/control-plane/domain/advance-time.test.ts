import { TRIAL_PERMIT_EXPIRY_MS } from '../../../../control-plane/domain/trials.js';
import { breaker, definition, documentOf, poolSettings, storyOf, typesOf } from '../../../support/domain.js';

describe('the passing of time', () => {
  function opened() {
    const told = storyOf(
      documentOf(poolSettings({ breaker: breaker() }), [definition('a'), definition('b')]),
    );
    told.report('a', { failures: { reset: 5 } });
    return told;
  }

  it('half-opens the breakers whose time has come, and no others', () => {
    const told = opened();
    const { breaker: tripped } = told.backend('a');
    told.at = tripped.phase === 'open' ? tripped.until - 1 : Infinity;
    expect(told.advance(0)).toEqual([]);
    expect(typesOf(told.advance(1))).toEqual(['BreakerHalfOpened']);
    expect(told.backend('b').breaker.phase).toBe('closed');
  });

  it('gives up on permits that have been out for too long, and hands out others', () => {
    const told = opened();
    told.advance(600_000);
    const first = told.world.observations.nextPermit;
    expect(told.advance(TRIAL_PERMIT_EXPIRY_MS - 1)).toEqual([]);
    expect(told.world.observations.nextPermit).toBe(first);
    told.advance(1);
    expect(told.world.observations.nextPermit).toBe(first + breaker().halfOpenLimit);
  });
});
