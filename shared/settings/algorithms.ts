/**
 * The names of the balancing algorithms, and the traits that other code needs to know. `data-plane/routing/algorithms/`
 * implements them.
 */
interface Traits {
  /**
   * Whether traffic follows the weights. If not, every serving backend gets the same share. Weight 0 means no new traffic
   * with any algorithm.
   */
  readonly followsWeights: boolean;
  /**
   * Whether the algorithm counts requests in flight in all workers. If so, they are reported more often and sent to each
   * worker.
   */
  readonly needsLoads: boolean;
}

const TRAITS = {
  'round-robin': { followsWeights: false, needsLoads: false },
  'weighted-round-robin': { followsWeights: true, needsLoads: false },
  'least-connections': { followsWeights: true, needsLoads: true },
  random: { followsWeights: true, needsLoads: false },
} as const satisfies Readonly<Record<string, Traits>>;

export type Algorithm = keyof typeof TRAITS;

export const ALGORITHMS = Object.keys(TRAITS) as readonly Algorithm[];

export function traitsOf(algorithm: Algorithm): Traits {
  return TRAITS[algorithm];
}

export function isAlgorithm(name: string): name is Algorithm {
  return Object.hasOwn(TRAITS, name);
}
