import {
  answered,
  asking,
  CLOSED,
  failed,
  PROBE_INTERVAL_MS,
  type StoreGuard,
} from '../../../../data-plane/sessions/store-guard.js';

/** The guard after failures at these times. */
function after(...times: readonly number[]): StoreGuard {
  return times.reduce((guard, at) => failed(guard, at), CLOSED);
}

describe('the guard of a session store', () => {
  it('lets every question through while there are answers', () => {
    expect(asking(CLOSED, 0)).toEqual({ guard: CLOSED, may: true });
    expect(asking(after(1, 2, 3, 4), 5).may).toBe(true);
  });

  it('opens by the fifth failure within a second', () => {
    expect(after(0, 100, 200, 999).is).toBe('closed');
    expect(after(0, 100, 200, 300, 999).is).toBe('open');
  });

  it('stays closed while failures are further apart', () => {
    expect(after(0, 250, 500, 750, 1_000, 1_250, 1_500).is).toBe('closed');
  });

  it('forgets failures with each answer', () => {
    expect(failed(answered(after(0, 1, 2, 3)), 4).is).toBe('closed');
    expect(answered(CLOSED)).toBe(CLOSED);
  });

  it('lets one question a second through while it is open', () => {
    const open = after(0, 0, 0, 0, 0);
    expect(asking(open, PROBE_INTERVAL_MS - 1)).toEqual({ guard: open, may: false });
    const { guard, may } = asking(open, PROBE_INTERVAL_MS);
    expect(may).toBe(true);
    expect(asking(guard, PROBE_INTERVAL_MS).may).toBe(false);
    expect(asking(failed(guard, 1_500), 2 * PROBE_INTERVAL_MS).may).toBe(true);
  });

  it('closes by an answer', () => {
    expect(asking(answered(after(0, 0, 0, 0, 0)), 1)).toEqual({ guard: CLOSED, may: true });
  });
});
