import {
  CONTROL_FRAMES_PER_SECOND,
  EARLY_RESET_MS,
  JUDGED_REQUESTS,
  OVERHEAD_BYTES_PER_SECOND,
  controlFrame,
  createConduct,
  isMostlyOverhead,
  requestBegan,
  streamReset,
} from '../../../../data-plane/http2/conduct.js';

describe('resets', () => {
  /** Whether so many requests, of which every nth is reset after so long, close the connection. */
  function closes(requests: number, resetEvery: number, livedMs = 0): boolean {
    const conduct = createConduct(0);
    let closed = false;
    for (let i = 1; i <= requests; i += 1) {
      requestBegan(conduct);
      if (i % resetEvery === 0) closed ||= streamReset(conduct, livedMs);
    }
    return closed;
  }

  it('of every request are too many before 500 requests', () => {
    expect(closes(JUDGED_REQUESTS, 1)).toBe(true);
    expect(closes(JUDGED_REQUESTS / 2, 1)).toBe(false);
    expect(closes(JUDGED_REQUESTS / 2 + 1, 1)).toBe(true);
  });

  it('of every second request are allowed for ever', () => {
    expect(closes(100 * JUDGED_REQUESTS, 2)).toBe(false);
  });

  it('of requests that lived for a second are no attack', () => {
    expect(closes(10 * JUDGED_REQUESTS, 1, EARLY_RESET_MS)).toBe(false);
    expect(closes(10 * JUDGED_REQUESTS, 1, EARLY_RESET_MS - 1)).toBe(true);
  });
});

describe('control frames', () => {
  it('are counted by the second', () => {
    const conduct = createConduct(0);
    for (let i = 0; i < CONTROL_FRAMES_PER_SECOND; i += 1) expect(controlFrame(conduct, 999)).toBe(false);
    expect(controlFrame(conduct, 1_000)).toBe(false);
    for (let i = 1; i < CONTROL_FRAMES_PER_SECOND; i += 1) expect(controlFrame(conduct, 1_500)).toBe(false);
    expect(controlFrame(conduct, 1_999)).toBe(true);
  });
});

describe('bytes', () => {
  const NONE = { ms: 1_000, received: 0, sent: 0, requests: 0, bodies: 0 };

  it.each([
    ['nothing', NONE, false],
    ['a few frames', { ...NONE, received: OVERHEAD_BYTES_PER_SECOND }, false],
    ['many frames', { ...NONE, received: OVERHEAD_BYTES_PER_SECOND + 1 }, true],
    [
      'many frames over a longer time',
      { ...NONE, ms: 3_000, received: 3 * OVERHEAD_BYTES_PER_SECOND },
      false,
    ],
    ['as many within an instant', { ...NONE, ms: 1, received: OVERHEAD_BYTES_PER_SECOND }, false],
    ['an upload', { ...NONE, received: 10_000_000, bodies: 9_900_000 }, false],
    ['small requests', { ...NONE, received: 10_000_000, requests: 5_000 }, false],
    ['acknowledgements of a download', { ...NONE, received: 2_000_000, sent: 100_000_000 }, false],
    ['acknowledgements of nothing', { ...NONE, received: 2_000_000, sent: 10_000 }, true],
  ])('%s', (_name, traffic, expected) => {
    expect(isMostlyOverhead(traffic)).toBe(expected);
  });
});
