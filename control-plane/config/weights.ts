/** Whether weights mean what somebody may expect of them. Pure. */
import { isAlgorithm, traitsOf } from '#shared/settings/algorithms.js';

/** The command line may hear of an algorithm that it does not know, from a newer release: its weights count. */
export function weightsCount(algorithm: string, backends: readonly { readonly weight: number }[]): boolean {
  if (!isAlgorithm(algorithm) || traitsOf(algorithm).followsWeights) return true;
  return new Set(backends.map(({ weight }) => weight).filter((weight) => weight > 0)).size <= 1;
}

export function weightsDoNotCount(algorithm: string): string {
  return `weights do not count with ${algorithm}, which gives every backend the same share; with weighted-round-robin they do`;
}
