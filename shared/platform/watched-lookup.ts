/** A resolver that also passes its answers to `tell`. */
import type { LookupFunction } from 'node:net';

export function watchedLookup(
  lookup: LookupFunction,
  tell: (name: string, addresses: readonly string[]) => void,
): LookupFunction {
  return (name, options, callback) => {
    lookup(name, options, (error, found, family) => {
      if (error === null) {
        tell(name, typeof found === 'string' ? [found] : found.map(({ address }) => address));
      }
      callback(error, found, family);
    });
  };
}
