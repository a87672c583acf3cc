/** Whether weights mean what somebody may expect of them. Pure. */

/** `round-robin` gives each serving backend the same share. Weight 0 counts with it too: no new traffic. */
export function weightsCount(algorithm: string, backends: readonly { readonly weight: number }[]): boolean {
  if (algorithm !== 'round-robin') return true;
  return new Set(backends.map(({ weight }) => weight).filter((weight) => weight > 0)).size <= 1;
}

export const WEIGHTS_DO_NOT_COUNT =
  'weights do not count with round-robin, which gives every backend the same share; with weighted-round-robin they do';
