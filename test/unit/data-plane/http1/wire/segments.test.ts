import { addSegment, createSegments } from '../../../../../data-plane/http1/wire/segments.js';

describe('a table of ranges', () => {
  it('keeps them in order', () => {
    const segments = createSegments();
    addSegment(segments, 1, 3);
    addSegment(segments, 5, 9);
    expect(segments.count).toBe(2);
    expect([...segments.bounds.subarray(0, 4)]).toEqual([1, 3, 5, 9]);
  });
});
