/** For rules on the order of two settings, such as a timeout that is at most its interval. */

/** The number that a setting was read into, or NaN, which is in order with every number, where it was not valid. */
export function number(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}

/** The order of two settings is checked even when a third one is wrong, so that all problems show at once. */
export const always = {
  when: ({ value }: { readonly value: unknown }) => typeof value === 'object' && value !== null,
};
