import { nextDeadline } from '../../../../control-plane/domain/deadline.js';
import {
  breaker,
  definition,
  documentOf,
  EMPTY_WORLD,
  poolSettings,
  storyOf,
} from '../../../support/domain.js';

describe('nextDeadline', () => {
  const document = documentOf(
    poolSettings({ breaker: breaker() }),
    ['a', 'b', 'c', 'd'].map((id) => definition(id)),
  );

  it('is none when nothing waits for time to pass', () => {
    expect(nextDeadline(EMPTY_WORLD)).toBeNull();
    expect(nextDeadline(storyOf(document).world)).toBeNull();
  });

  it('is the earliest of the open breakers', () => {
    const told = storyOf(document);
    told.report('a', { failures: { reset: 5 } });
    told.at += 500;
    told.report('b', { failures: { reset: 5 } });
    const ends = ['a', 'b'].map((id) => {
      const state = told.backend(id).breaker;
      return state.phase === 'open' ? state.until : Infinity;
    });
    expect(nextDeadline(told.world)).toBe(Math.min(...ends));
  });

  it('is none for a half-open breaker without permits', () => {
    const told = storyOf(document, []);
    told.report('a', { failures: { reset: 5 } });
    told.at = nextDeadline(told.world) ?? 0;
    told.advance(0);
    expect(told.backend('a').breaker.phase).toBe('half-open');
    expect(nextDeadline(told.world)).toBeNull();
  });
});
