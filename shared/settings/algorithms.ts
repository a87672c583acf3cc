/**
 * The balancing algorithms by name, and what others have to know of each. How they pick is the data plane's business
 * (`data-plane/routing/algorithms/`).
 */
interface Traits {
  /** If not, every serving backend gets the same share. Weight 0 means no new traffic with any algorithm. */
  readonly followsWeights: boolean;
  /** Whether it counts the requests in flight in all workers. They are reported more often then, and told to each worker. */
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
