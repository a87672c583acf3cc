/** Says whether the weights of backends have the effect that somebody may expect of them. Pure. */
import { isAlgorithm, traitsOf } from '#shared/settings/algorithms.js';

/**
 * False if the algorithm ignores weights that differ. True for an algorithm that this release does not know: the
 * command line may meet one of a newer release.
 */
export function weightsCount(algorithm: string, backends: readonly { readonly weight: number }[]): boolean {
  if (!isAlgorithm(algorithm) || traitsOf(algorithm).followsWeights) return true;
  return new Set(backends.map(({ weight }) => weight).filter((weight) => weight > 0)).size <= 1;
}

export function weightsDoNotCount(algorithm: string): string {
  return `weights do not count with ${algorithm}, which gives every backend the same share; with weighted-round-robin they do`;
}
