/** Ranges of the bytes that have just arrived: those that go on. One table serves all bodies of a worker, as its content is used at once. */

/** Most ranges that one reading of a body yields. A body with more is read in several turns. */
export const SEGMENT_CAPACITY = 64;

export interface Segments {
  count: number;
  /** Two numbers each: start, and end (exclusive). */
  readonly bounds: Int32Array;
}

export function createSegments(): Segments {
  return { count: 0, bounds: new Int32Array(SEGMENT_CAPACITY * 2) };
}

/** Adds a range that is not empty. The caller has made sure that there is room. */
export function addSegment(segments: Segments, start: number, end: number): void {
  segments.bounds[segments.count * 2] = start;
  segments.bounds[segments.count * 2 + 1] = end;
  segments.count++;
}
