import { initialState } from '../../../../control-plane/domain/state.js';

describe('the state before the first event', () => {
  it('knows nothing', () => {
    const { pools, ...rest } = initialState();
    expect(pools.size).toBe(0);
    expect(rest).toEqual({
      epoch: 0,
      seq: 0,
      at: 0,
      applied: null,
      rejected: null,
      forwarding: null,
      routes: [],
      fleet: null,
    });
  });
});
