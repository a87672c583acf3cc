/** Choices by chance that a seed repeats. */
import { seededRandom } from '../../../shared/prng.js';

export interface Chance {
  /** Whether, with this probability. */
  maybe(probability: number): boolean;
  /** A whole number, both ends included. */
  between(from: number, to: number): number;
  one<T>(choices: readonly T[]): T;
  some<T>(choices: readonly T[], most: number): T[];
}

export function chanceOf(seed: number): Chance {
  const random = seededRandom(seed);
  const between = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  const one = <T>(choices: readonly T[]): T => {
    const choice = choices[between(0, choices.length - 1)];
    if (choice === undefined) throw new Error('nothing to choose from');
    return choice;
  };
  return {
    maybe: (probability) => random() < probability,
    between,
    one,
    some: (choices, most) => Array.from({ length: between(0, most) }, () => one(choices)),
  };
}
