/** Whether a noisy figure grows: a straight line through it, and how sure that line is. Pure. */

export interface Trend {
  /** Growth of the figure per unit of time. */
  readonly slope: number;
  /** Standard error of the slope, widened for neighbours that resemble each other. */
  readonly error: number;
}

/** Least squares over (time, figure). `null` for fewer than four points: no line is better than a made-up one. */
export function trendOf(points: readonly (readonly [time: number, figure: number])[]): Trend | null {
  const count = points.length;
  if (count < 4) return null;
  const meanTime = points.reduce((sum, [time]) => sum + time, 0) / count;
  const mean = points.reduce((sum, [, figure]) => sum + figure, 0) / count;
  let spread = 0;
  let product = 0;
  for (const [time, figure] of points) {
    spread += (time - meanTime) ** 2;
    product += (time - meanTime) * (figure - mean);
  }
  if (spread === 0) return null;
  const slope = product / spread;
  const rests = points.map(([time, figure]) => figure - mean - slope * (time - meanTime));
  const squares = rests.reduce((sum, rest) => sum + rest * rest, 0);
  const error = Math.sqrt(squares / (count - 2) / spread);
  return { slope, error: error * Math.sqrt(inflation(rests, squares)) };
}

/** Samples in a row are not independent: (1 + r) / (1 - r) with r, the correlation of neighbours, within 0 to 0.9. */
function inflation(rests: readonly number[], squares: number): number {
  if (squares === 0) return 1;
  let product = 0;
  for (let n = 1; n < rests.length; n += 1) product += (rests[n] ?? 0) * (rests[n - 1] ?? 0);
  const r = Math.min(0.9, Math.max(0, product / squares));
  return (1 + r) / (1 - r);
}
