import { assert } from '../../../shared/assert.js';

describe('assertions', () => {
  it('let pass what holds', () => {
    expect(() => assert(true, 'unused')).not.toThrow();
  });

  it('throw with the message when something does not hold', () => {
    expect(() => assert(0, 'one is left')).toThrow('assertion failed: one is left');
  });
});
